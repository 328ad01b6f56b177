import { callOf, install, type Interceptor } from '@holdfast/core';
import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type ScriptFunction,
  type Step,
  type TransportRequest,
} from '@holdfast/testing';
import axios, { type AxiosError, type AxiosInstance } from 'axios';
import { isFallback, standardInterceptors, type StandardInterceptorsOptions } from './index.js';

const ORDER = [
  'fallback',
  'deadline',
  'retry',
  'throttleGate',
  'circuitBreaker',
  'attachToken',
  'claimsChallenge',
  'attemptTimeout',
] as const;
type Name = (typeof ORDER)[number];

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

interface Held {
  readonly client: AxiosInstance;
  readonly requests: readonly TransportRequest[];
}

type Setting = Partial<StandardInterceptorsOptions> & { readonly script: readonly Step[] | ScriptFunction };

/** The standard pipeline, with two neighbours swapped when the outer one is named. */
function held({ script, ...options }: Setting, swap?: Name): Held {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  const standard = standardInterceptors({
    name: 'orders',
    credential: staticCredential(),
    scopes: 'api://orders/.default',
    clock,
    random: () => 1,
    ...options,
  });
  install(client, swap === undefined ? standard : swapped(standard, swap), { clock });
  return { client, requests };
}

function swapped(standard: readonly Interceptor[], outer: Name): readonly Interceptor[] {
  const [names, ids, ...rings] = standard as [Interceptor, Interceptor, ...Interceptor[]];
  const at = ORDER.indexOf(outer);
  const order = [...rings];
  order.splice(at, 2, rings[at + 1]!, rings[at]!);
  return [names, ids, ...order];
}

const outcome = (promise: Promise<unknown>): Promise<AxiosError & { status?: number }> =>
  clock.runUntilSettled(promise.catch((error: unknown) => error)) as Promise<AxiosError>;

/** The behaviour holds in the standard order, and is lost when the two change places. */
function itHoldsOnlyWith(
  outer: Name,
  inner: Name,
  symptom: string,
  holds: (swap?: Name) => Promise<boolean>,
): void {
  it(`${outer} around ${inner}: ${symptom}`, async () => {
    expect(await holds()).toBe(true);
    clock.uninstall();
    clock = manualClock();
    expect(await holds(outer)).toBe(false);
  });
}

describe('the standard order', () => {
  it('names and correlates a call outside of all that answers for it', async () => {
    const told: unknown[] = [];
    const fallback: StandardInterceptorsOptions['fallback'] = (error, request) => {
      const { service, correlationId } = callOf(error) ?? {};
      told.push([service, correlationId, request.headers['client-request-id']]);
      return { data: '' };
    };
    const { client } = held({
      script: () => ({ status: 429 }),
      correlation: { id: () => 'served-7' },
      fallback,
    });
    await outcome(client.get('/7'));
    expect(told).toEqual([['orders', 'served-7', 'served-7']]);
  });

  itHoldsOnlyWith(
    'fallback',
    'deadline',
    'a caller whose time is over gets the reduced answer',
    async (swap) => {
      const { client } = held(
        { script: () => 'hang', deadlineMs: 1_000, fallback: () => ({ data: 'reduced' }) },
        swap,
      );
      return isFallback(await outcome(client.get('/7')));
    },
  );

  itHoldsOnlyWith(
    'deadline',
    'retry',
    'the last word on a call is its deadline, not an attempt',
    async (swap) => {
      const { client } = held({ script: () => 'hang', deadlineMs: 1_000, attemptTimeoutMs: 400 }, swap);
      const error = await outcome(client.get('/7'));
      return callOf(error)?.attempts.at(-1)?.decisions.at(-1) === 'the deadline of 1000 ms was over';
    },
  );

  itHoldsOnlyWith(
    'retry',
    'throttleGate',
    'while one throttled call waits, no other is sent before the instant',
    async (swap) => {
      const script: ScriptFunction = ({ at }) =>
        at < start + 2_000 ? { status: 429, headers: { 'retry-after': '2' } } : { status: 200 };
      const { client, requests } = held({ script }, swap);
      const start = clock.now();
      const first = client.get('/7');
      await clock.advance(100);
      await outcome(Promise.allSettled([first, client.get('/8')]));
      return requests.filter(({ at }) => at < start + 2_000).length === 1;
    },
  );

  itHoldsOnlyWith(
    'throttleGate',
    'circuitBreaker',
    'a caller hears when the service wants him back',
    async (swap) => {
      const throttled: Step = { status: 429, headers: { 'retry-after': '60' }, delayMs: 10 };
      const script: ScriptFunction = (_request, number) =>
        number === 30 ? throttled : { status: 500, delayMs: 10 };
      const { client } = held({ script, retry: { retries: 0 } }, swap);
      await outcome(Promise.allSettled(Array.from({ length: 30 }, () => client.get('/7'))));
      return (await outcome(client.get('/7'))).code === 'ERR_THROTTLED';
    },
  );

  itHoldsOnlyWith(
    'circuitBreaker',
    'attachToken',
    'no token is acquired for a call that is refused',
    async (swap) => {
      const credential = staticCredential();
      let tokens = 0;
      const getToken: typeof credential.getToken = (...args) => {
        tokens += 1;
        return credential
          .getToken(...args)
          .then((token) => ({ ...token!, expiresOnTimestamp: clock.now() + 600_000 }));
      };
      const hour = 3_600_000;
      const { client } = held(
        {
          script: () => ({ status: 500, delayMs: 10 }),
          credential: { getToken },
          retry: { retries: 0 },
          circuitBreaker: { openMs: hour, maxOpenMs: hour },
        },
        swap,
      );
      await outcome(Promise.allSettled(Array.from({ length: 30 }, () => client.get('/7'))));
      await clock.advance(hour / 2);
      const before = tokens;
      const { code } = await outcome(client.get('/7'));
      return code === 'ERR_CIRCUIT_OPEN' && tokens === before;
    },
  );

  itHoldsOnlyWith(
    'attachToken',
    'claimsChallenge',
    'a challenge is answered with a new token',
    async (swap) => {
      const challenge: Step = {
        status: 401,
        headers: { 'www-authenticate': challengeHeader({ claims: { a: 1 } }) },
      };
      const { client } = held(
        { script: [challenge, { status: 200 }], credential: staticCredential(['old', 'new']) },
        swap,
      );
      return (await outcome(client.get('/7'))).status === 200;
    },
  );

  itHoldsOnlyWith(
    'claimsChallenge',
    'attemptTimeout',
    'the resend has a time limit of its own',
    async (swap) => {
      const challenge: Step = {
        status: 401,
        headers: { 'www-authenticate': challengeHeader({ claims: { a: 1 } }) },
        delayMs: 800,
      };
      const { client } = held(
        {
          script: [challenge, { status: 200, delayMs: 800 }],
          credential: staticCredential(['old', 'new']),
          attemptTimeoutMs: 1_000,
          retry: { retries: 0 },
        },
        swap,
      );
      return (await outcome(client.get('/7'))).status === 200;
    },
  );
});
