import { described } from '@holdfast/core';
import axios, { AxiosHeaders } from 'axios';
import fc from 'fast-check';
import { Agent } from 'node:https';
import { inspect } from 'node:util';
import { compileFunction } from 'node:vm';
import {
  Breakers,
  createServiceClient,
  explain,
  install,
  type Interceptor,
  type ServiceClientOptions,
  type TokenCredential,
} from './index.js';

const RUNS = Number(process.env['HOLDFAST_RUNS'] ?? 100);

/** No text that stands in an explanation anyway, and none that a word could be. */
const secret = fc.stringMatching(/^[A-Za-z0-9+=_~-]{12,40}$/).map((text) => `S3cr3t${text}`);

/** A credential as people write them: with its secret in a field. */
class VaultCredential implements TokenCredential {
  readonly clientSecret: string;

  constructor(clientSecret: string) {
    this.clientSecret = clientSecret;
  }

  getToken(): Promise<never> {
    return Promise.reject(new Error(this.clientSecret));
  }

  toString(): string {
    return this.clientSecret;
  }

  toJSON(): object {
    return { clientSecret: this.clientSecret };
  }
}

/** Functions in whose source the secret stands. */
const holding = (text: string) => compileFunction(`return ${JSON.stringify(text)}`) as () => never;

const own = (text: string): Interceptor =>
  described<Interceptor>((next) => next, 'signing', { apiKey: text, list: [text], inner: { text } });

/** Options with a secret wherever one can be. */
function laden(text: string): ServiceClientOptions {
  const header = text.replaceAll(/[^\w-]/g, '');
  const store = Object.assign(new Map<string, never>(), { connection: text });
  return {
    name: 'orders',
    baseURL: `https://user:${encodeURIComponent(text)}@orders.test/v1?sig=${text}#${text}`,
    credential: new VaultCredential(text),
    scopes: [`api://user:${encodeURIComponent(text)}@orders/.default?code=${text}`],
    origins: ['https://files.test'],
    key: holding(text),
    correlation: { id: holding(text), traceparent: holding(text) },
    retry: { retryCondition: holding(text), onRetry: Object.assign(holding(text), { token: text }) },
    throttleGate: { store, key: holding(text) },
    circuitBreaker: { breakers: Object.assign(new Breakers(), { text }), onStateChange: holding(text) },
    claimsChallenge: { challengers: [{ name: text, answer: () => Promise.resolve(false) }] },
    fallback: holding(text),
    before: { retry: own(text) },
    clock: Object.assign(
      { now: () => 0, setTimeout: () => ({ cancel: () => undefined, unref: () => undefined }) },
      { text },
    ),
    axios: {
      headers: { 'x-api-key': text, common: { Cookie: text } },
      auth: { username: text, password: text },
      params: { code: text },
      proxy: { host: text, port: 1, auth: { username: text, password: text } },
      httpsAgent: new Agent({ pfx: text, passphrase: text, key: text, maxSockets: 3 }),
      httpAgent: Object.assign(() => undefined, { passphrase: header }) as never,
      data: { text },
      adapter: text as never,
    },
  };
}

const shownOf = (options: ServiceClientOptions): readonly string[] => {
  const client = createServiceClient(options);
  const explanation = explain(client);
  return [
    String(explanation),
    JSON.stringify(explanation),
    inspect(explanation, { depth: Infinity, showHidden: true }),
    inspect(explanation.toJSON(), { depth: Infinity, showHidden: true }),
  ];
};

describe('an explanation', () => {
  it('shows no secret, wherever options can hold one', () => {
    fc.assert(
      fc.property(secret, (text) => {
        for (const shown of shownOf(laden(text))) {
          expect(shown).not.toContain(text);
          expect(shown).not.toContain(encodeURIComponent(text));
          expect(shown).not.toContain('S3cr3t');
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('shows what stands beside the secrets', () => {
    const [text] = shownOf(laden('S3cr3t-of-this-test'));
    expect(text).toContain('orders at https://orders.test/v1 (');
    expect(text).toContain('credential: [VaultCredential] (given)');
    expect(text).toContain('scopes: api://orders/.default (given)');
    expect(text).toContain('store: [Map] (given)');
    expect(text).toContain('maxSockets: 3');
    expect(text).toContain('apiKey: [string] (given)');
    expect(text).toMatch(/headers: .*Cookie, .*x-api-key/);
  });

  it('asks no object for its own words, and survives one that has none', () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const client = axios.create({ headers: new AxiosHeaders({ a: 'b' }) as never });
    install(client, [
      described<Interceptor>((next) => next, 'odd', {
        revoked: revoked.proxy,
        none: Object.create(null) as object,
      }),
    ]);
    expect(explain(client).toJSON().interceptors[0]?.options).toMatchObject({
      revoked: { value: '[object]' },
      none: { value: '[object]' },
    });
  });
});
