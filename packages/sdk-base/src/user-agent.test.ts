import { createServiceClient } from '@holdfast/client';
import axios, { type RawAxiosRequestHeaders } from 'axios';
import fc from 'fast-check';
import { hostname, userInfo } from 'node:os';
import { hasDefaultHeader } from './call-options-headers.js';
import { userAgent } from './user-agent.js';

const [major] = process.versions.node.split('.');

/** What comes back, or is thrown. */
function resultOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe('the User-Agent of an SDK', () => {
  it('names the SDK and its version first, and then what it stands on', () => {
    expect(userAgent({ name: 'contoso-sdk', version: '1.4.0' })).toBe(
      `contoso-sdk/1.4.0 holdfast node/${major}`,
    );
    expect(userAgent(undefined)).toBe(`holdfast node/${major}`);
  });

  it('tells nothing of the machine, its system or its user, and no patch level', () => {
    const told = userAgent({ name: 'contoso-sdk', version: '1.4.0' });
    const { platform, arch, versions } = process;
    for (const one of [hostname(), userInfo().username, platform, arch, versions.node])
      expect(told).not.toContain(one);
  });

  it('is made of products that a header can hold, or not at all', () => {
    // RFC 9110, section 10.1.5.
    const product = /^[!#$%&'*+\-.^_`|~\w]+\/[!#$%&'*+\-.^_`|~\w]+ holdfast node\/\d+$/;
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 8 }), fc.string({ maxLength: 8 }), (name, version) => {
        const told = resultOf(() => userAgent({ name, version }));
        const isGood =
          typeof told === 'string' && product.test(told) && told.startsWith(`${name}/${version} `);
        expect(isGood || told instanceof TypeError).toBe(true);
      }),
    );
  });

  it.each([
    ['product.name', { name: 'contoso sdk', version: '1' }],
    ['product.name', { name: 'sdk\r\nx-evil: 1', version: '1' }],
    ['product.name', { name: '', version: '1' }],
    ['product.name', { name: 'a'.repeat(65), version: '1' }],
    ['product.name', { version: '1' } as never],
    ['product.version', { name: 'sdk', version: '1/2' }],
    ['product.version', { name: 'sdk', version: 1.4 as never }],
    ['product.vesrion', { name: 'sdk', version: '1', vesrion: '1' } as never],
  ])('is refused by its %s', (name, product) => {
    expect(() => userAgent(product)).toThrow(TypeError);
    expect(() => userAgent(product)).toThrow(`"${name}"`);
  });
});

describe('a User-Agent of the client’s owner', () => {
  it.each<[string, RawAxiosRequestHeaders, boolean]>([
    ['for all requests', { 'user-agent': 'own' }, true],
    ['that says there is to be none', { 'User-Agent': false }, true],
    ['that is not there', { 'User-Agent': undefined } as never, false],
    ['among others', { 'x-other': 'own' }, false],
  ])('%s is seen', (_, headers, seen) => {
    const client = createServiceClient({
      ...{ name: 'orders', baseURL: 'https://orders.test', credential: false },
      axios: { headers },
    });
    expect(hasDefaultHeader(client, 'get', 'user-agent')).toBe(seen);
  });

  it('for one method is seen for that one', () => {
    const client = axios.create();
    client.defaults.headers.post['User-Agent'] = 'own';
    expect([
      hasDefaultHeader(client, 'POST', 'user-agent'),
      hasDefaultHeader(client, 'get', 'user-agent'),
    ]).toEqual([true, false]);
    client.defaults.headers.common['USER-AGENT'] = 'own';
    expect(hasDefaultHeader(client, 'get', 'user-agent')).toBe(true);
  });
});
