import fc from 'fast-check';
import { install } from '@holdfast/core';
import { scriptedTransport } from '@holdfast/testing';
import axios from 'axios';
import { Orders, BASE, FOUND, ordersClient } from './made-orders-sdk.js';
import { ServiceSdk } from './service-sdk.js';
import { path } from './path.js';

const climbs = (id: string) => id === '.' || id === '..' || /\.\.[/\\;]|[/\\]\.\./.test(id);

describe('a path with an id in it', () => {
  it('leads below the base path whatever the id, and the router of the service reads the same id', async () => {
    const { client, requests } = ordersClient();
    const orders = new Orders(client);
    const ids = fc
      .oneof(fc.string({ unit: 'grapheme', minLength: 1 }), fc.stringMatching(/^[./\\%?#;:@2eE f-]{1,8}$/))
      .filter((id) => id !== '' && !climbs(id));
    await fc.assert(
      fc.asyncProperty(ids, async (id) => {
        await orders.get(id);
        const { pathname, search, hash, origin } = new URL(BASE + (requests.at(-1)?.url ?? ''));
        const segments = pathname.split('/');
        expect([origin, search, hash]).toEqual(['https://orders.test', '', '']);
        expect(segments.slice(0, -1)).toEqual(['', 'v1', 'orders']);
        expect(decodeURIComponent(segments.at(-1) ?? '')).toBe(id);
        expect(requests.at(-1)?.token).toBe('app');
      }),
    );
  });

  it('takes numbers and bigints as they are written', () => {
    expect(path`/a/${7}/b/${2n ** 64n}/${-0.5}`).toBe('/a/7/b/18446744073709551616/-0.5');
    expect(path`/a/x-${'1/2'}.json`).toBe('/a/x-1%2F2.json');
  });

  it.each<[string, unknown, RegExp]>([
    ['empty', '', /value 1 is empty/],
    ['a dot', '.', /value 1 climbs/],
    ['two dots', '..', /value 1 climbs/],
    ['dots before a slash', '../admin', /value 1 climbs/],
    ['dots after a backslash', 'a\\..', /value 1 climbs/],
    ['half of a surrogate pair', '\ud800', /surrogate/],
    ['undefined', undefined, /is undefined/],
    ['null', null, /is object/],
    ['an object', {}, /is object/],
    ['NaN', Number.NaN, /is NaN/],
    ['Infinity', Number.POSITIVE_INFINITY, /is Infinity/],
    ['a boolean', true, /is boolean/],
  ])('is refused where the id is %s', (_, id, message) => {
    expect(() => path`/orders/${id as string}`).toThrow(message);
    expect(() => path`/orders/${id as string}`).toThrow(TypeError);
  });
});

it('a path of a client without a base URL leads where it says: there is nothing to stay below', async () => {
  class Anywhere extends ServiceSdk {
    get(url: string) {
      return this.http.get(url);
    }
  }
  const { adapter, requests } = scriptedTransport(FOUND);
  const client = axios.create({ adapter });
  install(client, []);
  await new Anywhere(client).get('https://orders.test/orders/7?full=1');
  expect(requests.map(({ url }) => url)).toEqual(['https://orders.test/orders/7?full=1']);
});
