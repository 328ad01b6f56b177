import axios, { type AxiosResponse } from 'axios';
import { SignJWT, type JWTPayload } from 'jose';
import { X509Certificate, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { manualClock, startIdentityProvider, type IdentityProvider, type ManualClock } from './index.js';

const ISSUER = 'https://cluster.example';
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const strange = generateKeyPairSync('rsa', { modulusLength: 2048 });
const certificate = certificateOf(keys);
const renewed = certificateOf(strange);

let clock: ManualClock;
let idp: IdentityProvider;
let endpoint: string;

beforeEach(async () => {
  clock = manualClock({ fakeGlobals: false });
  idp = await startIdentityProvider({ clock });
  endpoint = (JSON.parse(idp.app.authorityMetadata) as { token_endpoint: string }).token_endpoint;
});

afterEach(async () => {
  await idp.close();
});

interface TokenResponse {
  readonly error: string;
  readonly error_codes: readonly number[];
}

const ask = (form: Record<string, string>): Promise<AxiosResponse<TokenResponse>> => {
  const usual = { grant_type: 'client_credentials', client_id: idp.app.clientId, scope: 'api://o/.default' };
  return axios.post(endpoint, new URLSearchParams({ ...usual, ...form }), { validateStatus: () => true });
};

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const assert = (client_assertion: string, client_assertion_type = JWT_BEARER) =>
  ask({ client_assertion, client_assertion_type });

/** An assertion as MSAL signs it, but for what is given. */
function signed(
  payload: Record<string, unknown> = {},
  header: object = {},
  key: KeyObject = keys.privateKey,
) {
  const now = clock.now() / 1000;
  const { clientId } = idp.app;
  const usual = { aud: endpoint, iss: clientId, sub: clientId, nbf: now, exp: now + 600, jti: randomUUID() };
  const thumbprint = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  return new SignJWT({ ...usual, ...payload })
    .setProtectedHeader({ alg: 'PS256', 'x5t#S256': thumbprint, ...header })
    .sign(key);
}

/** A token as Kubernetes signs it, but for what is given. */
function foreign(payload: JWTPayload = {}, key: KeyObject = keys.privateKey) {
  const usual = {
    iss: ISSUER,
    sub: 'orders',
    aud: 'api://AzureADTokenExchange',
    exp: clock.now() / 1000 + 60,
  };
  return new SignJWT({ ...usual, ...payload }).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(key);
}

describe('a certificate that is trusted', () => {
  beforeEach(() => {
    idp.trust(certificate);
  });

  it('proves the application, with its chain or without, by PS256 or RS256, for the endpoint or the issuer', async () => {
    const x5c = [certificate.raw.toString('base64')];
    const { issuer } = JSON.parse(idp.app.authorityMetadata) as { issuer: string };
    for (const assertion of [
      signed(),
      signed({}, { x5c }),
      signed({}, { alg: 'RS256' }),
      signed({ aud: issuer }),
    ])
      expect(await assert(await assertion)).toMatchObject({ status: 200 });
  });

  it.each<[string, () => Promise<string>, number]>([
    ['that is of another certificate', () => signed({}, { 'x5t#S256': 'x' }), 700027],
    ['that another key has signed', () => signed({}, {}, strange.privateKey), 50012],
    ['that brings another chain', () => signed({}, { x5c: [renewed.raw.toString('base64')] }), 50012],
    ['for somebody else', () => signed({ aud: 'https://login.microsoftonline.com' }), 700023],
    ['of somebody else', () => signed({ iss: 'stranger' }), 50012],
    ['that has expired', () => signed({ exp: clock.now() / 1000 - 1 }), 700024],
    ['that is not valid yet', () => signed({ nbf: clock.now() / 1000 + 2 }), 700024],
    ['without an expiry', () => signed({ exp: undefined }), 50012],
    ['without an id', () => signed({ jti: undefined }), 50012],
    ['that is none', () => Promise.resolve('no.jwt'), 50027],
  ])('does not by an assertion %s', async (_, assertion, code) => {
    expect(await assert(await assertion())).toMatchObject({
      status: 401,
      data: { error: 'invalid_client', error_codes: [code] },
    });
    expect(idp.issuedTokenIds.size).toBe(0);
  });

  it('does not by an assertion that was sent before, of another type, or beside a secret', async () => {
    const one = await signed();
    expect(await assert(one)).toMatchObject({ status: 200 });
    expect(await assert(one)).toMatchObject({ status: 401, data: { error_codes: [50012] } });
    expect(await assert(await signed(), 'saml2-bearer')).toMatchObject({ status: 401 });
    const { clientSecret: client_secret } = idp.app;
    const both = { client_secret, client_assertion: await signed(), client_assertion_type: JWT_BEARER };
    expect(await ask(both)).toMatchObject({ status: 401, data: { error_codes: [50027] } });
  });

  it('is rotated while the test runs', async () => {
    idp.trust(renewed.toString());
    idp.distrust(certificate.toString());
    expect(await assert(await signed())).toMatchObject({ data: { error_codes: [700027] } });
  });
});

describe('an issuer that is trusted', () => {
  beforeEach(() => {
    const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    idp.trustIssuer({ issuer: ISSUER, subject: 'orders', publicKey });
  });

  it('proves the application by its tokens, until they expire', async () => {
    const one = await foreign();
    expect(await assert(one)).toMatchObject({ status: 200 });
    expect(await assert(one)).toMatchObject({ status: 200 });
    await clock.advance(60_000);
    expect(await assert(one)).toMatchObject({ status: 401, data: { error_codes: [700024] } });
  });

  it.each<[string, () => Promise<string>, number]>([
    ['of another issuer', () => foreign({ iss: 'https://other.example' }), 700211],
    ['for another workload', () => foreign({ sub: 'invoices' }), 700213],
    ['for another audience', () => foreign({ aud: 'api://orders' }), 700023],
    ['that another key has signed', () => foreign({}, strange.privateKey), 50012],
  ])('does not by a token %s', async (_, token, code) => {
    expect(await assert(await token())).toMatchObject({ status: 401, data: { error_codes: [code] } });
  });
});

it('the secret is rotated while the test runs', async () => {
  const { clientSecret: former } = idp.app;
  idp.rotateSecret('the new one');
  expect(await ask({ client_secret: former })).toMatchObject({ status: 401 });
  expect(await ask({ client_secret: idp.app.clientSecret })).toMatchObject({ status: 200 });
});

it('remembers how a client has proved itself, and not by what', async () => {
  idp.trust(certificate);
  const assertions = [await signed(), await foreign()];
  await ask({ client_secret: 'wrong' });
  for (const assertion of assertions) await assert(assertion);
  await ask({});
  expect(idp.tokenRequests.map(({ proof }) => proof)).toEqual([
    'secret',
    'certificate',
    'assertion',
    undefined,
  ]);
  const shown = inspect(idp.tokenRequests, { depth: Infinity, showHidden: true });
  for (const assertion of assertions) expect(shown).not.toContain(assertion.split('.')[2]);
});

/** The least of a certificate (RFC 5280): no name, but the key. */
function certificateOf({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }) {
  const der = (tag: number, ...parts: readonly Buffer[]) => {
    const content = Buffer.concat(parts);
    const size = [content.length >> 8, content.length & 255];
    const length = content.length < 128 ? [content.length] : [0x82, ...size];
    return Buffer.concat([Buffer.from([tag, ...length]), content]);
  };
  const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts);
  const sha256WithRsa = sequence(der(0x06, Buffer.from('2a864886f70d01010b', 'hex')), der(0x05));
  const time = (text: string) => der(0x17, Buffer.from(text));
  const validity = sequence(time('250101000000Z'), time('490101000000Z'));
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const body = sequence(der(0x02, Buffer.from([1])), sha256WithRsa, sequence(), validity, sequence(), key);
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  return new X509Certificate(sequence(body, sha256WithRsa, signature));
}
