import { scriptedTransport, type Step } from '@holdfast/testing';
import axios from 'axios';
import fc from 'fast-check';
import {
  Breakers,
  RetryBudget,
  callOf,
  install,
  standardInterceptors,
  subscribe,
  type Classify,
  type Outcome,
} from './index.js';
import { clock } from './made-classified.js';

/** How a send ends in each class by itself. */
const NATURAL = {
  success: { status: 200 },
  answered: { status: 404 },
  unauthorized: { status: 401 },
  unavailable: { status: 500 },
  throttled: { status: 429 },
  busy: { status: 503 },
  'not-sent': { error: 'ECONNREFUSED' },
  'stale-socket': { error: 'ECONNRESET', reusedSocket: true },
  lost: { error: 'ECONNRESET' },
  tls: { error: 'CERT_HAS_EXPIRED' },
  local: { error: 'ERR_FR_TOO_MANY_REDIRECTS' },
} as const satisfies Partial<Record<Outcome, Step>>;

type Class = keyof typeof NATURAL;

const CLASSES = Object.keys(NATURAL) as Class[];
const ERRORS = CLASSES.filter((name) => 'error' in NATURAL[name]);
/** What a Retry-After can come with. */
const TOLD: ReadonlySet<Class> = new Set(['success', 'answered', 'unavailable', 'throttled', 'busy']);

/** One send: the class that it ends in, and what comes in its place where a hook has to say so. */
interface DrawnSend {
  readonly outcome: Class;
  readonly retryAfter: string | undefined;
  readonly delayMs: number;
  readonly instead: number | Class;
}

export interface Drawn {
  readonly sends: readonly DrawnSend[];
  readonly calls: readonly { readonly afterMs: number; readonly method: string; readonly hasKey: boolean }[];
  readonly hasGate: boolean;
  /** Its budget holds two retries for five calls. */
  readonly isPoor: boolean;
  readonly slowMs: number | false;
}

const failing: readonly Class[] = ['unavailable', 'throttled', 'busy', 'lost', 'not-sent'];
const drawnSend: fc.Arbitrary<DrawnSend> = fc.record({
  outcome: fc.oneof(fc.constantFrom(...CLASSES), fc.constantFrom(...failing), fc.constant<Class>('success')),
  retryAfter: fc.constantFrom(undefined, '0', '1', '3'),
  // Each answer comes by a timer of its own: of two at the same moment a failure may be a microtask later than an answer would be.
  delayMs: fc.constantFrom(1, 20, 300),
  instead: fc.oneof(
    fc.constantFrom<number>(200, 202, 304, 400, 401, 403, 404, 408, 429, 500, 501, 503),
    fc.constantFrom(...ERRORS),
  ),
});

export const drawn: fc.Arbitrary<Drawn> = fc.record({
  sends: fc.array(drawnSend, { minLength: 1, maxLength: 30, size: 'max' }),
  calls: fc.array(
    fc.record({
      afterMs: fc.constantFrom(0, 0, 10, 400, 2_000),
      method: fc.constantFrom('get', 'get', 'put', 'post'),
      hasKey: fc.boolean(),
    }),
    { minLength: 1, maxLength: 25, size: 'max' },
  ),
  hasGate: fc.boolean(),
  isPoor: fc.boolean(),
  slowMs: fc.constantFrom<number | false>(false, 200),
});

function headersOf({ outcome, retryAfter }: DrawnSend): Readonly<Record<string, string>> {
  const told = outcome === 'busy' ? (retryAfter ?? '1') : retryAfter;
  return TOLD.has(outcome) && told !== undefined ? { 'retry-after': told } : {};
}

function naturalStep(send: DrawnSend): Step {
  const step = NATURAL[send.outcome];
  const { delayMs } = send;
  return 'error' in step ? { ...step, delayMs } : { ...step, delayMs, headers: headersOf(send) };
}

/** Another answer or error, from which the hook reads what it is to count as. */
function otherStep(send: DrawnSend): Step {
  const { instead, outcome, delayMs } = send;
  const told = headersOf(send);
  const headers = { ...told, 'x-class': outcome };
  const isTold = 'retry-after' in told;
  if (typeof instead === 'number' && outcome !== 'stale-socket') return { status: instead, headers, delayMs };
  // An error brings no Retry-After.
  if (isTold) return { status: 409, headers, delayMs };
  const step = NATURAL[typeof instead === 'number' ? 'lost' : instead];
  return 'error' in step ? { ...step, delayMs, message: outcome } : step;
}

const byName: Classify = (_outcome, { response, error }) =>
  (response?.headers['x-class'] ?? (error as Error).message) as Outcome;

/** What became of all calls, as far as it is told by classes and not by what came. */
export interface Played {
  readonly sent: readonly unknown[];
  readonly calls: readonly unknown[];
  readonly events: readonly unknown[];
  readonly breakers: readonly unknown[];
  readonly left: number;
}

/** Plays what was drawn: by itself, or by way of other answers and a hook. */
export async function play(
  { sends, calls, hasGate, isPoor, slowMs }: Drawn,
  isReclassed: boolean,
): Promise<Played> {
  const beganAt = clock.now();
  const breakers = new Breakers();
  const steps = sends.map(isReclassed ? otherStep : naturalStep);
  const { adapter, requests } = scriptedTransport(
    (_, number) => steps[(number - 1) % steps.length] ?? 'hang',
    { clock },
  );
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  const pipeline = standardInterceptors({
    name: 'orders',
    credential: false,
    correlation: false,
    clock,
    random: () => 0.5,
    circuitBreaker: { breakers, minimumAttempts: 4, slowMs },
    retry: isPoor ? { budget: new RetryBudget({ ratio: 0.4, minPerSecond: 0 }) } : {},
    ...(!hasGate && { throttleGate: false }),
    ...(isReclassed && { classify: byName }),
  });
  install(client, pipeline, { clock });

  const events: unknown[] = [];
  const off = [
    subscribe('holdfast:circuit', ({ state, reason, at, retryAfterMs }) => {
      events.push({ state, reason, at: at - beganAt, retryAfterMs });
    }),
    subscribe('holdfast:gate', ({ state, at, until, waiting }) => {
      events.push({ state, at: at - beganAt, until: until && until - beganAt, waiting });
    }),
  ];
  const ended: Promise<unknown>[] = [];
  for (const { afterMs, method, hasKey } of calls) {
    if (afterMs > 0) await clock.advance(afterMs);
    const number = ended.length;
    const holdfast = hasKey ? { idempotencyKey: `key-${number}` } : {};
    const call = client.request({ url: `/${number}`, method, holdfast });
    ended.push(call.then(tellOf, tellOf));
  }
  const stories = await clock.runUntilSettled(Promise.all(ended));
  for (const one of off) one();
  return {
    sent: requests.map(({ at, url, method }) => [at - beganAt, method, url]),
    calls: stories,
    events,
    breakers: breakers.snapshot().breakers.map(({ state, openUntil, nextOpenMs, window }) => ({
      state,
      openUntil: openUntil && openUntil - beganAt,
      nextOpenMs,
      buckets: window.buckets.map(({ at, ...counts }) => ({ at: at - beganAt, ...counts })),
      run: window.run,
    })),
    left: clock.pendingRef,
  };
}

/** Told by a hook, or of an error alone: an answer that nothing is done about has no decision upon it. */
const BESIDE = /^((classified as|not retried:) [a-z-]+|gave up after \d retries)$/;

/** What its call came to; what was decided upon it; and who has refused it. */
function tellOf(ending: unknown): unknown {
  const call = callOf(ending);
  const { code } = ending as { readonly code?: string };
  const decisions = (call?.attempts ?? []).flatMap((attempt) => attempt.decisions);
  return {
    outcome: call?.outcome,
    sends: call?.sends,
    decisions: decisions.filter((decision) => !BESIDE.test(decision)),
    refusals: call?.refusals,
    refusedBy: ['ERR_CIRCUIT_OPEN', 'ERR_THROTTLED', 'ERR_DEADLINE_EXCEEDED'].find((one) => one === code),
  };
}
