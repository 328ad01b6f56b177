import { scriptedTransport, staticCredential } from '@holdfast/testing';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createServiceClient, paginate } from './index.js';

const LAST = 2_000;

function numbers() {
  const { adapter } = scriptedTransport((_, page) => ({
    status: 200,
    data: JSON.stringify({ value: [page], nextLink: page < LAST ? `/v1/numbers?page=${page + 1}` : null }),
  }));
  return createServiceClient({
    name: 'api',
    baseURL: 'https://api.test/v1',
    credential: staticCredential('a-secret-token'),
    scopes: ['api://api/.default'],
    axios: { adapter },
  });
}

describe('two thousand pages', () => {
  it('are read with no more than a few of them in memory', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const pages: WeakRef<object>[] = [];
    let mostAlive = 0;
    for await (const page of paginate<number>(numbers(), '/numbers').byPage()) {
      pages.push(new WeakRef(page.response));
      if (pages.length % 1_000 !== 0) continue;
      // What a WeakRef leads to lives until the turn of the event loop ends.
      await new Promise((resolve) => setImmediate(resolve));
      gc();
      mostAlive = Math.max(mostAlive, pages.filter((one) => one.deref() !== undefined).length);
    }
    expect(pages).toHaveLength(LAST);
    expect(mostAlive).toBeLessThan(10);
  });
});
