import { callOf } from './index.js';
import { ADAPTERS, STEP_MS, stage, type AdapterName, type Stage } from './made-hostile-play.js';
import {
  answersTwice,
  answersUnread,
  closesUnanswered,
  drips,
  resetsRead,
  resetsUnread,
  saysNonsenseLength,
  stallsAfterHeaders,
  stallsBeforeHeaders,
  talksGarbage,
  truncates,
  truncatesChunks,
  type Behaviour,
} from './made-hostile-server.js';

/** What the caller gets when the worst is all there is: a status, or a code, or else a message. */
type Endings = Readonly<Record<AdapterName, number | string>>;

const RESET: Endings = { http: 'ECONNRESET', fetch: 'ERR_NETWORK' };
const SLOW: Endings = { http: 'ERR_ATTEMPT_TIMEOUT', fetch: 'ERR_ATTEMPT_TIMEOUT' };
/** axios calls the one by the status that came first, and has no code for the other. */
const cut = (status: number): Endings => ({ http: status, fetch: 'terminated' });
const garbled = (code: string): Endings => ({ http: code, fetch: 'ERR_NETWORK' });

interface Row {
  readonly behaviour: Behaviour;
  readonly endings: Endings;
  /** Milliseconds until the client is done with it. Default: 0. */
  readonly takesMs?: number;
}

const TABLE: readonly Row[] = [
  { behaviour: resetsUnread, endings: RESET },
  { behaviour: resetsRead, endings: RESET },
  { behaviour: closesUnanswered, endings: RESET },
  { behaviour: stallsBeforeHeaders, endings: SLOW, takesMs: 1_000 },
  { behaviour: stallsAfterHeaders, endings: SLOW, takesMs: 1_000 },
  { behaviour: drips, endings: SLOW, takesMs: 1_000 },
  { behaviour: truncates('200 OK'), endings: cut(200) },
  { behaviour: truncates('503 Service Unavailable'), endings: cut(503) },
  { behaviour: truncatesChunks, endings: cut(200) },
  { behaviour: talksGarbage, endings: garbled('HPE_INVALID_CONSTANT') },
  { behaviour: answersTwice, endings: garbled('HPE_UNEXPECTED_CONTENT_LENGTH') },
  { behaviour: saysNonsenseLength, endings: garbled('HPE_INVALID_CONTENT_LENGTH') },
  { behaviour: answersUnread(503), endings: { http: 503, fetch: 503 } },
];
const ROWS = TABLE.map((row) => [row.behaviour.name, row] as const);

let on: Stage | undefined;

afterEach(() => {
  on?.close();
});

/** More than a connection takes in before somebody reads: it is on its way while the server does its worst. */
const LARGE = { text: 'x'.repeat(4_000_000) };
const bodyFor = ({ readsBody }: Behaviour): object => (readsBody ? { n: 1 } : LARGE);

/** Milliseconds between one request and the next; each is exact to a step. */
function gapsOf({ server }: Stage): number[] {
  return server.requests.slice(1).map(({ at }, index) => at - server.requests[index]!.at);
}

/** Nothing is left of a call: no connection in use, nobody waiting for one, no timer that keeps a process alive. */
async function expectNothingLeft({ agent, clock, server, letGo }: Stage): Promise<void> {
  await letGo();
  expect([server.silent, Object.keys(agent.requests)]).toEqual([0, []]);
  expect(clock.pendingRef).toBe(0);
  await clock.advance(31_000);
  expect(clock.pending).toBe(0);
}

describe.each(ADAPTERS)('a server that does it once (%s adapter)', (adapter) => {
  it.each(ROWS)('%s: a PUT arrives once more, whole, and its caller gets the answer', async (_, row) => {
    on = await stage(adapter, [row.behaviour]);
    const body = bodyFor(row.behaviour);
    const { ending } = await on.play(on.client.put('/orders/7', body));
    expect(ending).toBe(200);
    const { requests } = on.server;
    expect(requests).toHaveLength(2);
    const whole = JSON.stringify(body);
    // Compared before they are shown: a difference of four megabytes tells nobody anything.
    expect(whole.startsWith(requests[0]!.body) && requests[1]!.body === whole).toBe(true);
    const lengths = requests.map(({ headers }) => headers['content-length']);
    expect(lengths).toEqual([String(whole.length), String(whole.length)]);
    expect(gapsOf(on)[0]).toBeGreaterThanOrEqual((row.takesMs ?? 0) + 100);
    await expectNothingLeft(on);
  });

  it.each(ROWS)('%s: a POST that may have been acted on arrives once', async (_, row) => {
    on = await stage(adapter, [row.behaviour]);
    const { ending, error } = await on.play(on.client.post('/orders', bodyFor(row.behaviour)));
    expect(ending).toBe(row.endings[adapter]);
    expect(on.server.requests).toHaveLength(1);
    expect(callOf(error)?.attempts[0]?.decisions.at(-1)).toBe(
      'not retried: a POST may have been acted on, and has no idempotency key',
    );
    await expectNothingLeft(on);
  });
});

describe.each(ADAPTERS)('a server that does it always (%s adapter)', (adapter) => {
  it.each(ROWS)('%s: a GET arrives four times, and its caller gets the last failure', async (_, row) => {
    on = await stage(adapter, Array<Behaviour>(9).fill(row.behaviour));
    const { ending, error } = await on.play(on.client.get('/orders/7'));
    expect(ending).toBe(row.endings[adapter]);
    expect(on.server.requests).toHaveLength(4);
    const gaps = gapsOf(on);
    for (const [index, backoffMs] of [100, 200, 400].entries()) {
      const waitMs = (row.takesMs ?? 0) + backoffMs;
      expect(gaps[index]).toBeGreaterThanOrEqual(waitMs);
      expect(gaps[index]).toBeLessThanOrEqual(waitMs + 2 * STEP_MS);
    }
    expect(callOf(error)?.attempts.at(-1)?.decisions.at(-1)).toBe('gave up after 3 retries');
    await expectNothingLeft(on);
  });

  it.each(ROWS)('%s: no attempt begins once the deadline is over', async (_, row) => {
    const script = Array<Behaviour>(9).fill(row.behaviour);
    on = await stage(adapter, script, { deadlineMs: 250, attemptTimeoutMs: 200 });
    const begun = on.clock.now();
    await on.play(on.client.get('/orders/7'));
    const last = on.server.requests.at(-1)!.at;
    expect(last - begun).toBeLessThan(250 + STEP_MS);
    const { length } = on.server.requests;
    await expectNothingLeft(on);
    expect(on.server.requests).toHaveLength(length);
  });

  it('answers 200 before the body is read: that is the answer, and nothing is sent again', async () => {
    on = await stage(adapter, [answersUnread(200)]);
    const { ending } = await on.play(on.client.put('/orders/7', LARGE));
    expect(ending).toBe(200);
    expect(on.server.requests).toHaveLength(1);
    await expectNothingLeft(on);
  });
});
