import axios from 'axios';
import { createHash } from 'node:crypto';
import { manualClock, startManagedIdentityEndpoint, type ManagedIdentityEndpoint } from './index.js';

const STOCK = {
  clientId: '22222222-2222-4222-8222-222222222222',
  resourceId: '/subscriptions/s/resourcegroups/g/stock',
  objectId: '33333333-3333-4333-8333-333333333333',
};
const VAULT = 'https://vault.azure.net';

interface TokenBody {
  readonly access_token: string;
  readonly expires_on: string;
  readonly resource: string;
  readonly client_id: string;
}

const bare = { validateStatus: () => true };

function atAppService({ env }: ManagedIdentityEndpoint, query: object = {}, headers: object = {}) {
  return axios.get<TokenBody>(env['IDENTITY_ENDPOINT'] ?? '', {
    ...bare,
    params: { 'api-version': '2019-08-01', resource: VAULT, ...query },
    headers: { 'X-IDENTITY-HEADER': env['IDENTITY_HEADER'], ...headers },
  });
}

function atImds({ env }: ManagedIdentityEndpoint, query: object = {}, headers: object = {}) {
  return axios.get<TokenBody>(`${env['AZURE_POD_IDENTITY_AUTHORITY_HOST']}/metadata/identity/oauth2/token`, {
    ...bare,
    params: { 'api-version': '2018-02-01', resource: VAULT, ...query },
    headers: { Metadata: 'true', ...headers },
  });
}

describe.each([
  ['app-service', atAppService, { client_id: STOCK.clientId }, { mi_res_id: STOCK.resourceId }],
  ['imds', atImds, { client_id: STOCK.clientId }, { msi_res_id: STOCK.resourceId }],
] as const)('an endpoint of %s', (source, ask, byClient, byResource) => {
  it('gives out a token of the system, and of an identity by each of its ids', async () => {
    await using endpoint = await startManagedIdentityEndpoint({ source, userAssigned: [STOCK] });
    const ids = [{}, byClient, byResource, { object_id: STOCK.objectId }];
    const answers = await Promise.all(ids.map((id) => ask(endpoint, id)));
    const clients = answers.map(({ data }) => data.client_id);
    expect(clients).toEqual([
      '5d1c5a8e-3b7f-4f52-9f0e-0c9a6b2d7e10',
      ...Array<string>(3).fill(STOCK.clientId),
    ]);
    const { aud, azp } = await endpoint.verify(answers[1]?.data.access_token ?? '', { audience: VAULT });
    expect([aud, azp]).toEqual([VAULT, STOCK.clientId]);
    expect(endpoint.requests.map(({ status, resource }) => [status, resource])).toEqual(
      Array(4).fill([200, VAULT]),
    );
  });

  it('has no token for who it does not know, for no resource and for another version', async () => {
    await using endpoint = await startManagedIdentityEndpoint({ source, systemAssigned: null });
    const bad = [{}, byClient, { resource: '' }, { 'api-version': '2020-01-01' }];
    const answers = await Promise.all(bad.map((query) => ask(endpoint, query)));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
  });

  it('answers from its cache until a token is about to expire', async () => {
    const clock = manualClock({ fakeGlobals: false });
    await using endpoint = await startManagedIdentityEndpoint({ source, clock, expiresIn: 3_600 });
    const first = await ask(endpoint);
    await clock.advance(3_200_000);
    const same = await ask(endpoint);
    await clock.advance(100_000);
    const other = await ask(endpoint);
    expect(same.data.access_token).toBe(first.data.access_token);
    expect(other.data.access_token).not.toBe(first.data.access_token);
    expect(Number(other.data.expires_on)).toBe(clock.now() / 1000 + 3_600);
  });

  it('fails as it is told', async () => {
    await using endpoint = await startManagedIdentityEndpoint({ source });
    endpoint.failNext({ status: 429, retryAfter: '7' });
    endpoint.failNext({ answer: { status: 200, body: '<html></html>' } });
    endpoint.failNext({ reset: true });
    const throttled = await ask(endpoint);
    expect([throttled.status, throttled.headers['retry-after']]).toEqual([429, '7']);
    expect((await ask(endpoint)).data).toBe('<html></html>');
    await expect(ask(endpoint)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await endpoint.down();
    await expect(ask(endpoint)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await endpoint.up();
    expect((await ask(endpoint)).status).toBe(200);
  });
});

describe('an endpoint of app-service', () => {
  it('asks for the header of the app, and does not keep it', async () => {
    await using endpoint = await startManagedIdentityEndpoint({ source: 'app-service' });
    expect((await atAppService(endpoint, {}, { 'X-IDENTITY-HEADER': 'guessed' })).status).toBe(401);
    expect(JSON.stringify(endpoint.requests)).not.toContain('guessed');
  });

  it('replaces a token that is named as refused, and no other', async () => {
    await using endpoint = await startManagedIdentityEndpoint({ source: 'app-service' });
    const { data } = await atAppService(endpoint, { xms_cc: 'cp1' });
    const hash = createHash('sha256').update(data.access_token).digest('hex');
    const unknown = await atAppService(endpoint, { xms_cc: 'cp1', token_sha256_to_refresh: 'unknown' });
    const named = await atAppService(endpoint, { xms_cc: 'cp1', token_sha256_to_refresh: hash });
    expect(unknown.data.access_token).toBe(data.access_token);
    expect(named.data.access_token).not.toBe(data.access_token);
    expect((await endpoint.verify(named.data.access_token)).xms_cc).toEqual(['cp1']);
  });
});

describe('an endpoint of imds', () => {
  it('refuses a request without the metadata header, or that a proxy sends on', async () => {
    await using endpoint = await startManagedIdentityEndpoint({ source: 'imds' });
    const bare = await atImds(endpoint, {}, { Metadata: undefined });
    const proxied = await atImds(endpoint, {}, { 'X-Forwarded-For': '10.0.0.1' });
    expect([bare.status, proxied.status]).toEqual([400, 400]);
    expect(bare.data).toMatchObject({ error: 'invalid_request' });
  });
});
