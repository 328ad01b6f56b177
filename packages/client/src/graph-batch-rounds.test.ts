import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import axios from 'axios';
import { callOf, graphBatch, install, nameCalls } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

const throttled = (id: string, seconds: number) => ({
  id,
  status: 429,
  headers: { 'Retry-After': String(seconds) },
});
const good = (id: string) => ({ id, status: 200 });
const step = (status: number, ...responses: readonly object[]): Step => ({
  status,
  data: JSON.stringify({ responses }),
});

/** One `$batch`, by a client that takes every status: what came of it, and when it was sent. */
async function batch(script: readonly Step[], ids: readonly string[], url = '/$batch') {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client = axios.create({ baseURL: 'https://graph.test/v1.0', adapter, validateStatus: () => true });
  install(client, [nameCalls('graph'), graphBatch({ clock, random: () => 0 })], { clock });
  const begin = clock.now();
  const parts = ids.map((id) => ({ id, method: 'GET', url: `/users/${id}` }));
  const response = await clock.runUntilSettled(client.post(url, { requests: parts }));
  return { response, sentAt: requests.map(({ at }) => at - begin) };
}

describe('a $batch', () => {
  it('that has failed as a whole is not sent again for what its body says of the parts', async () => {
    const { response, sentAt } = await batch([step(500, throttled('1', 1))], ['1']);
    expect([response.status, response.data]).toEqual([500, { responses: [throttled('1', 1)] }]);
    expect(sentAt).toEqual([0]);
  });

  it('is sent again after the longest of what its parts ask for, also where that stands first', async () => {
    const first = step(200, throttled('1', 4), throttled('2', 1));
    const { sentAt } = await batch([first, step(200, good('1'), good('2'))], ['1', '2']);
    expect(sentAt).toEqual([0, 4_000]);
  });

  it('with a fragment in its URL is one', async () => {
    const { sentAt } = await batch([step(200, throttled('1', 1)), step(200, good('1'))], ['1'], '/$batch#x');
    expect(sentAt).toEqual([0, 1_000]);
  });
});

it('a round that is refused puts nothing in the place of what had come, and is the last one', async () => {
  const script = [
    step(200, throttled('1', 1), good('2')),
    step(403, good('1')),
    step(200, { id: '1', status: 204 }),
  ];
  const { response, sentAt } = await batch(script, ['1', '2']);
  expect(response.data).toEqual({ responses: [throttled('1', 1), good('2')] });
  expect(sentAt).toEqual([0, 1_000]);
  expect(String(callOf(response))).toContain('the round came to nothing: 403');
});
