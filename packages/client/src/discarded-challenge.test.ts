import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import axios, {
  AxiosHeaders,
  CanceledError,
  type AxiosAdapter,
  type AxiosRequestConfig,
  type InternalAxiosRequestConfig,
} from 'axios';
import { challengeHeader, manualClock, staticCredential } from '@holdfast/testing';
import { attachToken, claimsChallenge, deadline, install } from './index.js';

const SECRET = 'eyJ-a-token-that-nobody-may-see';
const CHALLENGE = challengeHeader({ claims: { access_token: { nbf: { value: '1' } } } });
const DEADLINE_MS = 1_000;

/** What the caller gets when the API hangs upon the request that was sent once more. */
async function failureOf(config: AxiosRequestConfig, hung: Promise<void>): Promise<unknown> {
  const clock = manualClock({ fakeGlobals: false });
  const source = staticCredential((_, number) => `${SECRET}-${number}`);
  const client = axios.create({ baseURL: 'https://orders.test', ...config });
  const token = attachToken(source, { scopes: 's', clock });
  install(client, [deadline({ deadlineMs: DEADLINE_MS, clock }), token, claimsChallenge()], { clock });
  const failure = client.get('/7').catch((error: unknown) => error);
  await hung;
  await clock.advance(DEADLINE_MS);
  return failure;
}

const isShown = (failure: unknown) =>
  inspect(failure, { depth: Infinity, showHidden: true }).includes(SECRET);

describe('a challenge that was answered before the deadline was over', () => {
  const isTold = { code: 'ERR_DEADLINE_EXCEEDED', cause: { response: { status: 401 } } };

  it('shows nobody the token by its unread body', async () => {
    const { promise, resolve } = deferred();
    let sends = 0;
    const server = createServer((_, response) => {
      sends += 1;
      if (sends === 1) response.writeHead(401, { 'www-authenticate': CHALLENGE }).end('no');
      else resolve();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const failure = await failureOf({ baseURL, responseType: 'stream' }, promise);
    server.closeAllConnections();
    server.close();
    expect(failure).toMatchObject(isTold);
    expect(isShown(failure)).toBe(false);
  });

  it('shows nobody the token by the copy of the request that came with it', async () => {
    const { promise, resolve } = deferred();
    let sends = 0;
    const adapter: AxiosAdapter = (config) => {
      sends += 1;
      const headers = { 'www-authenticate': CHALLENGE };
      if (sends === 1)
        return Promise.resolve({ status: 401, statusText: '', data: '', headers, config: copyOf(config) });
      resolve();
      return new Promise((_, reject) => {
        config.signal?.addEventListener?.('abort', () => {
          reject(new CanceledError(undefined, config));
        });
      });
    };
    const failure = await failureOf({ adapter }, promise);
    expect(failure).toMatchObject(isTold);
    expect(isShown(failure)).toBe(false);
  });
});

function copyOf(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  return { ...config, headers: new AxiosHeaders(config.headers.toJSON()) };
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
