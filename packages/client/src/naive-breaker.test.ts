import type { Step } from '@holdfast/testing';
import type { AxiosError } from 'axios';
import { clock, endingOf, holdfast, naive, play, settled, type Stack } from './made-naive-breaker.js';

const REFUSED = /Breaker is open|ERR_CIRCUIT_OPEN/;

/** Up to 100 failures, one after the other, until a call is refused. */
async function open(client: ReturnType<Stack>): Promise<void> {
  for (let count = 0; count < 100; count += 1) {
    if (REFUSED.test(String(await settled(client.get('/down'))))) return;
    await clock.advance(100);
  }
  throw new Error('The circuit has not opened');
}

/** Down, unless the path says otherwise. */
const byPath: (request: { readonly url: string }) => Step = ({ url }) => {
  if (url === '/hang') return 'hang';
  if (url === '/slow') return { status: 200, delayMs: 40_000 };
  return { status: Number(/\d+/.exec(url)?.[0] ?? 503) };
};

describe('trap 27: one request of many that fails', () => {
  async function afterOne(stack: Stack) {
    const { adapter } = play(byPath);
    const client = stack(adapter);
    await endingOf(client.get('/503'));
    return endingOf(client.get('/200'));
  }

  it('naive: has the next caller refused, though the service is well', async () => {
    expect(await afterOne(naive())).toMatch(/Breaker is open/);
  });

  it('holdfast: changes nothing for the next caller', async () => {
    expect(await afterOne(holdfast())).toBe(200);
  });
});

/** How many of ten calls are sent to a service that is still down, after what a probe came to. */
async function sentAfter(stack: Stack, probe: (client: ReturnType<Stack>) => Promise<unknown>) {
  const { adapter, requests } = play(byPath);
  const client = stack(adapter);
  await open(client);
  // As long as opossum stays open by default; ours is half-open by then as well.
  await clock.advance(30_000);
  await probe(client);
  const before = requests.length;
  for (let call = 0; call < 10; call += 1) void settled(client.get('/hang'));
  await clock.settle();
  return requests.length - before;
}

/** What is no failure of the service, as people write it. */
function errorFilter(error: Error): boolean {
  const { code, response } = error as AxiosError;
  return code === 'ERR_CANCELED' || (response?.status ?? 500) < 500;
}

describe('trap 28: a service that is down, and answers one probe with 404', () => {
  const probe = (client: ReturnType<Stack>) => settled(client.get('/404'));

  it('naive: is sent everything again at once', async () => {
    expect(await sentAfter(naive({ errorFilter, timeout: false }), probe)).toBe(10);
  });

  it('holdfast: is sent no more than the probes that are left', async () => {
    expect(await sentAfter(holdfast(), probe)).toBe(2);
  });
});

describe('trap 28: a service that is down, and a probe that its caller gives up', () => {
  async function probe(client: ReturnType<Stack>): Promise<unknown> {
    const controller = new AbortController();
    const call = settled(client.get('/hang', { signal: controller.signal }));
    await clock.settle();
    controller.abort();
    return call;
  }

  it('naive: is sent everything again at once', async () => {
    expect(await sentAfter(naive({ errorFilter, timeout: false }), probe)).toBe(10);
  });

  it('holdfast: is sent no more than its probes', async () => {
    expect(await sentAfter(holdfast(), probe)).toBe(3);
  });
});

describe('trap 28: a service that is down, and an answer to a request from before', () => {
  async function sent(stack: Stack): Promise<number> {
    const { adapter, requests } = play(byPath);
    const client = stack(adapter);
    const slow = settled(client.get('/slow'));
    await open(client);
    await clock.advance(40_000);
    expect(await slow).toBe(200);
    const before = requests.length;
    for (let call = 0; call < 10; call += 1) void settled(client.get('/hang'));
    await clock.settle();
    return requests.length - before;
  }

  it('naive: is sent everything again at once', async () => {
    expect(await sent(naive({ timeout: false }))).toBe(10);
  });

  it('holdfast: is sent no more than its probes', async () => {
    expect(await sent(holdfast({ attemptTimeoutMs: false, deadlineMs: false }))).toBe(3);
  });
});

describe('trap 29: a probe that never ends', () => {
  /** An hour later the service is well. */
  async function hourLater(stack: Stack) {
    const { adapter } = play(byPath);
    const client = stack(adapter);
    await open(client);
    await clock.advance(30_000);
    for (let call = 0; call < 3; call += 1) void settled(client.get('/hang'));
    await clock.advance(3_600_000);
    for (let call = 0; call < 3; call += 1) await endingOf(client.get('/200'));
    await clock.advance(5_000);
    const endings = [];
    for (let call = 0; call < 10; call += 1) endings.push(await endingOf(client.get('/200')));
    return endings;
  }

  it('naive: has all calls refused for ever', async () => {
    const refused = Array(10).fill(expect.stringMatching(/Breaker is open/));
    expect(await hourLater(naive({ timeout: false }))).toEqual(refused);
  });

  it('holdfast: makes way for others', async () => {
    const stack = holdfast({ attemptTimeoutMs: false, deadlineMs: false });
    expect(await hourLater(stack)).toEqual(Array(10).fill(200));
  });
});

describe('trap 30: a busy service that dies, with 200 requests under way', () => {
  async function failed(stack: Stack): Promise<number> {
    const { adapter, requests } = play(byPath);
    const client = stack(adapter);
    for (let call = 0; call < 200; call += 1) void settled(client.get('/hang'));
    await clock.settle();
    for (let call = 0; call < 150; call += 1) {
      void settled(client.get('/503'));
      await clock.settle();
    }
    return requests.length - 200;
  }

  it('naive: is sent all that comes, since what is under way counts as if it were well', async () => {
    expect(await failed(naive({ timeout: false, volumeThreshold: 20 }))).toBe(150);
  });

  it('holdfast: is sent 20', async () => {
    expect(await failed(holdfast({ attemptTimeoutMs: false }))).toBe(20);
  });
});
