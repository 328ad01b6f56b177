import { fork, type ChildProcess } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, randomUUID, sign, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { install, retryAfterOf } from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import { attachToken } from '@holdfast/token';
import axios, { type AxiosInstance } from 'axios';
import { clientCredential, type ClientCredentialOptions } from './index.js';

const SECRET = 'a-secret-for-loopback-only';
const providerKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const clientKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const registration = {
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  id_token_signed_response_alg: 'ES256',
};
const keys = [{ ...providerKey.privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'one' }];
const withSecret = { client_secret: SECRET, token_endpoint_auth_method: 'client_secret_post' };
const clients = [
  ...['orders', 'brief', 'short', 'api'].map((client_id) => ({ ...registration, ...withSecret, client_id })),
  {
    ...registration,
    client_id: 'stock',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [clientKey.publicKey.export({ format: 'jwk' })] },
  },
];
/** The seconds for which a client's tokens are valid. */
const lifetimesS = { orders: 600, stock: 600, brief: 8, short: 60 };

interface Metadata {
  readonly issuer: string;
  readonly token_endpoint: string;
  readonly introspection_endpoint: string;
}

let child: ChildProcess | undefined;
let metadata: Metadata;
let api: Server;
let clock: ManualClock;
/** The tokens that the API has seen, in order. */
let seen: string[];

async function startProvider(port = 0, lifetimes: Record<string, number> = lifetimesS): Promise<void> {
  const options = JSON.stringify({ port, clients, keys, lifetimesS: lifetimes });
  const started = fork(join(__dirname, 'independent-provider.mjs'), [options], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child = started;
  let complaint = '';
  started.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const ended = once(started, 'exit').then(() => {
    throw new Error(`The provider did not start: ${complaint}`);
  });
  ended.catch(() => undefined);
  const [issuer] = (await Promise.race([once(started, 'message'), ended])) as [string];
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  metadata = (await response.json()) as Metadata;
}

/** As a machine that loses its power: it closes nothing, and says nothing. */
async function killProvider(): Promise<void> {
  if (child === undefined || !isAlive(child)) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

const isAlive = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null;

beforeEach(async () => {
  if (child === undefined || !isAlive(child)) await startProvider();
  seen = [];
  clock = manualClock({ fakeGlobals: false, now: Date.now() });
  api = createServer((request, response) => {
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    seen.push(token);
    void isGood(token).then((good) => response.writeHead(good ? 200 : 401).end());
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
});

afterAll(killProvider);

afterEach(() => {
  api.closeAllConnections();
  api.close();
});

/** An API of the provider's: it verifies what it can read, and asks about the rest. */
async function isGood(token: string): Promise<boolean> {
  const [header = '', payload = '', signature] = token.split('.');
  if (signature === undefined) {
    const body = new URLSearchParams({ token, client_id: 'api', client_secret: SECRET });
    const response = await fetch(metadata.introspection_endpoint, { method: 'POST', body });
    const { active, aud } = (await response.json()) as { active?: unknown; aud?: unknown };
    return active === true && aud === 'urn:legacy';
  }
  const key = createPublicKey({ key: providerKey.publicKey.export({ format: 'jwk' }), format: 'jwk' });
  const signed = Buffer.from(`${header}.${payload}`);
  const isSigned = verify(
    'sha256',
    signed,
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  const isLive = Number(claims['exp']) * 1000 > Date.now();
  return isSigned && isLive && claims['aud'] === 'urn:orders' && claims['iss'] === metadata.issuer;
}

const credential = (options: Partial<ClientCredentialOptions> = {}) =>
  clientCredential({
    clientId: 'orders',
    // MSAL takes no authority over http; on loopback the metadata leads there.
    authority: 'https://idp.example',
    authorityMetadata: JSON.stringify(metadata),
    protocolMode: 'OIDC',
    clock,
    ...(options.clientAssertion === undefined && { clientSecret: SECRET }),
    ...options,
  });

function client(source = credential(), scopes = 'orders.read'): AxiosInstance {
  const { port } = api.address() as AddressInfo;
  const instance = axios.create({ baseURL: `http://127.0.0.1:${port}`, validateStatus: () => true });
  install(instance, [attachToken(source, { scopes, clock })]);
  return instance;
}

async function statuses(orders: AxiosInstance, times: number): Promise<unknown[]> {
  const calls = Array.from({ length: times }, () => orders.get('/7').then(({ status }) => status));
  return [...new Set(await Promise.all(calls))];
}

/** A JWT by which a client proves who it is (RFC 7523), good for one use. */
function assertion(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'stock',
    sub: 'stock',
    aud: metadata.token_endpoint,
    jti: randomUUID(),
    iat: now,
    exp: now + 60,
  };
  const signed = `${part({ alg: 'ES256', typ: 'JWT' })}.${part(claims)}`;
  const key = { key: clientKey.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

describe('an identity provider that is neither Microsoft’s nor ours', () => {
  it('takes a secret, and its API takes the JWT: one token for 20 calls', async () => {
    expect(await statuses(client(), 20)).toEqual([200]);
    expect(new Set(seen).size).toBe(1);
  });

  it('takes a secret, and its API takes the opaque token', async () => {
    expect(await statuses(client(credential(), 'legacy.read'), 20)).toEqual([200]);
    expect(new Set(seen).size).toBe(1);
    expect(seen[0]).not.toContain('.');
  });

  it('takes an assertion once, so that each token is asked for with a new one', async () => {
    const stock = credential({ clientId: 'stock', clientAssertion: () => assertion() });
    expect(await statuses(client(stock), 1)).toEqual([200]);
    expect(await statuses(client(stock, 'legacy.read'), 1)).toEqual([200]);
    const used = assertion();
    const again = credential({ clientId: 'stock', clientAssertion: used });
    await expect(again.getToken('orders.read')).resolves.toMatchObject({
      token: expect.any(String) as unknown,
    });
    await expect(again.getToken('orders.read')).rejects.toMatchObject({ transient: false });
  });

  it('refuses a wrong secret: that is no outage, and nothing shows it', async () => {
    const orders = client(credential({ clientSecret: 'not-the-secret' }));
    const error: unknown = await orders.get('/7').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION', transient: false });
    expect((error as Error).message).toContain('says invalid_client');
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('not-the-secret');
    expect(seen).toEqual([]);
  });

  it('gives out tokens of a few seconds: a call waits for a new one, and none fails', async () => {
    const orders = client(credential({ clientId: 'brief' }));
    expect(await statuses(orders, 5)).toEqual([200]);
    // The last quarter is what two clocks may differ by.
    await clock.advance(6_500);
    expect(await statuses(orders, 5)).toEqual([200]);
    expect(new Set(seen).size).toBe(2);
  });

  it('renews a token ahead, while the calls go on with the old one', async () => {
    const orders = client(credential({ clientId: 'short' }));
    expect(await statuses(orders, 1)).toEqual([200]);
    await clock.advance(40_000);
    expect(await statuses(orders, 1)).toEqual([200]);
    expect(new Set(seen).size).toBe(1);
    while (new Set(seen).size === 1) expect(await statuses(orders, 5)).toEqual([200]);
    expect(new Set(seen).size).toBe(2);
  });

  it('is killed: nobody notices while a token lives; then callers are told when to come back, and it goes on', async () => {
    const { port } = new URL(metadata.issuer);
    const orders = client();
    expect(await statuses(orders, 1)).toEqual([200]);
    await killProvider();

    // At the last one the token has half a minute left, and has been tried to renew for four.
    for (const stepMs of [0, 310_000, 5_000, 60_000, 180_000]) {
      await clock.advance(stepMs);
      expect(await statuses(orders, 20)).toEqual([200]);
    }
    const served = seen.length;
    expect(new Set(seen).size).toBe(1);

    await clock.advance(30_000);
    const error: unknown = await orders.get('/7').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION', transient: true });
    const retryAfterMs = retryAfterOf(error) ?? 0;
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(seen).toHaveLength(served);

    await startProvider(Number(port), { orders: 3_600 });
    await clock.advance(Math.ceil(retryAfterMs));
    expect(await statuses(orders, 20)).toEqual([200]);
    expect(new Set(seen).size).toBe(2);
  });
});
