import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import axios, { AxiosError, type AxiosAdapter } from 'axios';
import {
  callOf,
  currentCall,
  install,
  subscribe,
  wait,
  type AttemptEvent,
  type Interceptor,
} from './index.js';

const START = Date.UTC(2025, 0, 1);

let clock: ManualClock;
let undo: (() => void)[];

beforeEach(() => {
  clock = manualClock({ now: START });
  undo = [];
});
afterEach(() => {
  for (const back of undo) back();
  clock.uninstall();
});

/** The events of the attempts, as they are when they begin and when they have ended. */
function attempts() {
  const begun: AttemptEvent[] = [];
  const ended: AttemptEvent[] = [];
  undo.push(
    subscribe('tracing:holdfast:attempt:start', (event) => begun.push({ ...event })),
    subscribe('tracing:holdfast:attempt:asyncEnd', (event) => ended.push(event)),
  );
  return { begun, ended };
}

/** What waits before the first send: for a token, at a gate. */
const waiting =
  (delayMs: number): Interceptor =>
  (next) =>
  async (config) => {
    if (delayMs > 0 && currentCall(config).sends === 0) await wait(delayMs, config, clock);
    return next(config);
  };

/** Sends again what failed, twice at most, and says why. */
const retrying: Interceptor = (next) => {
  const send: typeof next = async (config) => {
    const call = currentCall(config);
    const failed = await next(config).then(
      (response) => (response.status < 500 ? { response } : {}),
      (error: unknown) => ({ error }),
    );
    if ('response' in failed) return failed.response;
    call.note('no reason that counts');
    call.note(`retry ${call.sends}`);
    await wait(1_000 * call.sends, config, clock);
    return send(config);
  };
  return send;
};

function client(script: readonly Step[], interceptors: readonly Interceptor[]) {
  const { adapter } = scriptedTransport(script, { clock });
  const made = axios.create({ baseURL: 'https://api.test', adapter });
  install(made, interceptors, { clock });
  return made;
}

describe('an observer of attempts', () => {
  it('reads off a 503, a reset and a 200 when each was sent, after what wait, why, and what came back', async () => {
    const { begun, ended } = attempts();
    const script: Step[] = [
      { status: 503, delayMs: 10 },
      { error: 'ECONNRESET', delayMs: 20 },
      { status: 200, delayMs: 30 },
    ];
    const response = await clock.runUntilSettled(client(script, [retrying, waiting(300)]).get('/7'));
    const first = { number: 1, startedAt: START + 300, delayMs: 300, reason: undefined };
    const second = { number: 2, startedAt: START + 1_310, delayMs: 1_000, reason: 'retry 1' };
    const third = { number: 3, startedAt: START + 3_330, delayMs: 2_000, reason: 'retry 2' };
    const call = callOf(response);
    expect(begun).toEqual([
      { call, ...first },
      { call, ...second },
      { call, ...third },
    ]);
    const reset = expect.objectContaining({ code: 'ECONNRESET', message: 'read ECONNRESET' }) as unknown;
    expect(ended).toEqual([
      { call, ...first, endedAt: START + 310, status: 503 },
      { call, ...second, endedAt: START + 1_330, error: reset },
      { call, ...third, endedAt: START + 3_360, status: 200 },
    ]);
    expect(ended[0]?.call).toBe(call);
    // The journal says the same.
    expect(
      call?.attempts.map(({ startedAt, endedAt, delayMs, reason, status, code }) => [
        startedAt - START,
        endedAt - START,
        delayMs,
        reason,
        status ?? code,
      ]),
    ).toEqual([
      [300, 310, 300, undefined, 503],
      [1_310, 1_330, 1_000, 'retry 1', 'ECONNRESET'],
      [3_330, 3_360, 2_000, 'retry 2', 200],
    ]);
  });

  it('hears of a success at once as well, which the journal does not keep', async () => {
    const { ended } = attempts();
    const response = await client([{ status: 204 }], [waiting(0)]).get('/7');
    expect(ended).toMatchObject([{ number: 1, delayMs: 0, endedAt: START, status: 204 }]);
    expect(callOf(response)?.attempts).toEqual([]);
  });

  it('reads off an attempt that the caller gave up that it was canceled', async () => {
    const { ended } = attempts();
    const giveUp = new AbortController();
    const call = client(['hang'], [waiting(0)]).get('/7', { signal: giveUp.signal });
    await clock.advance(500);
    giveUp.abort();
    await expect(call).rejects.toHaveProperty('code', 'ERR_CANCELED');
    expect(ended).toMatchObject([{ number: 1, endedAt: START + 500, error: { code: 'ERR_CANCELED' } }]);
    expect(ended[0]).not.toHaveProperty('status');
  });

  it('reads off the status that an adapter of the caller’s own failed with', async () => {
    const { ended } = attempts();
    const adapter: AxiosAdapter = (config) => {
      const response = { status: 418, statusText: '', data: 'a-secret', headers: {}, config };
      return Promise.reject(new AxiosError('a teapot', 'ERR_TEAPOT', config, null, response));
    };
    const made = axios.create({ adapter });
    install(made, [waiting(0)], { clock });
    await expect(made.get('https://api.test/7')).rejects.toThrow('a teapot');
    expect(ended).toMatchObject([{ status: 418, error: { code: 'ERR_TEAPOT', status: 418 } }]);
  });

  it('is not told of a call that was refused before anything was sent', async () => {
    const { begun } = attempts();
    const refusing: Interceptor = () => () => Promise.reject(new Error('refused'));
    await expect(client([], [refusing]).get('/7')).rejects.toThrow('refused');
    expect(begun).toEqual([]);
  });
});
