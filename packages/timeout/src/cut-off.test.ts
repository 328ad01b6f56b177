import { Agent } from 'node:http';
import { attemptTimeout, deadline } from './index.js';
import { startLoopback } from './made-transfers.js';

const LIMITS = {
  deadline: ['ERR_DEADLINE_EXCEEDED', deadline],
  attemptTimeout: ['ERR_ATTEMPT_TIMEOUT', attemptTimeout],
} as const;
const CASES = Object.keys(LIMITS).flatMap((name) =>
  ['http', 'fetch'].map((adapter) => [name as keyof typeof LIMITS, adapter] as const),
);

describe.each(CASES)('%s (%s adapter)', (name, adapter) => {
  const [code, limit] = LIMITS[name];
  const named = name === 'deadline' ? { deadlineMs: 1_000 } : { timeoutMs: 1_000 };

  it.each([
    ['before the headers', () => undefined],
    [
      'after the headers',
      (response: { flushHeaders(): void }) => {
        response.flushHeaders();
      },
    ],
  ])('that is over %s ends the call, and the server sees the connection close', async (_when, answer) => {
    await using loopback = await startLoopback((_request, response) => {
      answer(response);
    });
    const { clock } = loopback;
    const api = loopback.client({ adapter }, limit({ ...named, clock }));
    const ended = expect(api.get('/')).rejects.toMatchObject({ code, ...named });
    await loopback.arrived;
    await clock.advance(999);
    await clock.advance(1);
    await ended;
    await loopback.closed;
  });
});

it.each(Object.keys(LIMITS) as (keyof typeof LIMITS)[])(
  '%s that is over while a call queues for a socket ends it, and it is never sent',
  async (name) => {
    const [code, limit] = LIMITS[name];
    const urls: (string | undefined)[] = [];
    await using loopback = await startLoopback(({ url }) => urls.push(url));
    const { clock } = loopback;
    const httpAgent = new Agent({ maxSockets: 1 });
    const api = loopback.client({ adapter: 'http', httpAgent }, limit({ clock }));
    const options = { holdfast: { deadlineMs: 60_000, attemptTimeoutMs: 60_000 } };
    const first = expect(api.get('/first', options)).rejects.toHaveProperty('code', code);
    await loopback.arrived;
    const short = { holdfast: { deadlineMs: 500, attemptTimeoutMs: 500 } };
    const queued = expect(api.get('/queued', short)).rejects.toHaveProperty('code', code);
    await clock.advance(500);
    await queued;
    await clock.advance(60_000);
    await first;
    expect(urls).toEqual(['/first']);
    httpAgent.destroy();
  },
);
