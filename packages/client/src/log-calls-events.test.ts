import {
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
} from '@holdfast/testing';
import {
  Breakers,
  createServiceClient,
  logCalls,
  type LogCallsOptions,
  type ServiceClientOptions,
} from './index.js';

let clock: ManualClock;
let stop: () => void;
let lines: string[];
let fields: object[];

beforeEach(() => {
  clock = manualClock();
  lines = [];
  fields = [];
});

afterEach(() => {
  stop();
  clock.uninstall();
});

function listen(options: LogCallsOptions = {}): void {
  const at = (level: string) => (of: object, line: string) => {
    fields.push(of);
    lines.push(`${level}: ${line}`);
  };
  stop = logCalls(
    { debug: at('debug'), info: at('info'), warn: at('warn') },
    { level: () => false, ...options },
  );
}

/** Makes some calls to a service that always answers the same, until something else is said. */
async function call(times: number, weather: () => Step, options: Partial<ServiceClientOptions> = {}) {
  const orders = createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    scopes: 'orders',
    credential: staticCredential('a token'),
    clock,
    random: () => 1,
    retry: false,
    axios: { adapter: scriptedTransport(weather, { clock }).adapter },
    ...options,
  });
  const send = async () => {
    for (let one = 0; one < times; one += 1) {
      const sent = orders.get('/7', { headers: { 'x-key': 's3cret' } });
      await clock.runUntilSettled(sent.catch(() => undefined));
    }
  };
  await send();
  return { orders, send };
}

describe('a log', () => {
  it('says that a circuit has opened, is tried and has closed, and why', async () => {
    listen();
    let step: Step = { status: 500 };
    const { send } = await call(30, () => step);
    step = { status: 200 };
    await clock.advance(60_000);
    await send();
    expect(lines).toEqual([
      expect.stringMatching(
        /^warn: circuit orders https:\/\/orders\.test open: .* failed.*, next try in \d+ ms$/,
      ),
      'info: circuit orders https://orders.test half-open: its time is over',
      expect.stringMatching(
        /^info: circuit orders https:\/\/orders\.test closed: \d of \d probes succeeded$/,
      ),
    ]);
    expect(fields).toMatchObject([
      { circuit: { service: 'orders', state: 'open', lastFailure: { status: 500 } } },
      { circuit: { state: 'half-open' } },
      { circuit: { state: 'closed' } },
    ]);
  });

  it('says what a circuit would do that is only observed, and whose it is, by any key', async () => {
    listen();
    await call(30, () => ({ status: 500 }), { key: () => 'tenant-7', circuitBreaker: { mode: 'observe' } });
    expect(lines).toEqual([expect.stringMatching(/^warn: circuit orders tenant-7 open: .*, only observed$/)]);
  });

  it('says in whose words an operator has forced a circuit, on one line', async () => {
    const breakers = new Breakers();
    listen();
    const { orders } = await call(1, () => ({ status: 200 }), { circuitBreaker: { breakers } });
    breakers.get('orders')?.forceOpen({ forMs: 60_000, reason: 'INC-4711\nand more' });
    await expect(orders.get('/7')).rejects.toThrow('open');
    expect(lines).toEqual([
      'warn: circuit orders https://orders.test open: forced open: INC-4711\\u{a}and more, next try in 60000 ms',
    ]);
  });

  it('says that a gate has closed for how long, and when calls go out again', async () => {
    listen();
    let step: Step = { status: 429, headers: { 'retry-after': '30' } };
    const { send } = await call(1, () => step);
    step = { status: 200 };
    await clock.advance(30_000);
    await send();
    expect(lines).toEqual([
      'warn: gate orders https://orders.test closed: for 30000 ms',
      'info: gate orders https://orders.test open',
    ]);
    expect(fields).toMatchObject([{ gate: { state: 'closed' } }, { gate: { state: 'open' } }]);
  });

  it('says once what works otherwise than its owner thinks', async () => {
    listen();
    const headers = { Authorization: 'Bearer s3cret' };
    const { send } = await call(2, () => ({ status: 200 }), {
      axios: { headers, adapter: scriptedTransport(() => ({ status: 200 })).adapter },
    });
    await send();
    expect(lines).toEqual([expect.stringMatching(/^warn: OWN_AUTHORIZATION orders: /)]);
    expect(lines.join() + JSON.stringify(fields)).not.toContain('s3cret');
  });

  it('is silent about all that with events: false, and about services that it is not asked for', async () => {
    for (const options of [{ events: false }, { service: 'stock' }]) {
      listen(options);
      await call(30, () => ({ status: 500 }));
      stop();
    }
    expect(lines).toEqual([]);
  });
});
