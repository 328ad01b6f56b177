import { subscribe } from '@holdfast/core';
import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { cachedCredential } from '@holdfast/token';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientCredential, workloadIdentity, type ClientCredentialOptions } from './index.js';
import { madeAssertion } from './made-assertions.js';
import { madeCertificate, madePfx } from './made-certificates.js';
import { failureOf, shown } from './made-outcomes.js';

const SCOPE = 'api://orders/.default';

let idp: IdentityProvider;

beforeEach(async () => {
  idp = await startIdentityProvider();
});

afterEach(async () => {
  await idp.close();
});

const credential = (options: Partial<ClientCredentialOptions> = {}) =>
  clientCredential({ ...idp.app, ...options });

describe('a secret shows nowhere', () => {
  it.each([
    { status: 503, body: 'html' },
    { status: 400 },
    { hang: true },
    { reset: true },
    { error: 'invalid_client' },
    { error: 'interaction_required', claims: '{}' },
  ] as const)('in the error of %j', async (fault) => {
    idp.fail(fault);
    const one = credential({ timeoutMs: 30 });
    const error = await failureOf(cachedCredential(one).getToken(SCOPE));
    expect(shown(error)).not.toContain(idp.app.clientSecret);
    expect(shown(one)).not.toContain(idp.app.clientSecret);
  });

  it('when the vault that knows it fails, with a token of its own in the error', async () => {
    const vault = Object.assign(new Error('vault'), {
      config: { headers: { Authorization: 'Bearer vault-token' } },
    });
    const one = credential({ clientSecret: () => Promise.reject(vault) });
    const error = await failureOf(one.getToken(SCOPE));
    expect(error).toMatchObject({
      message: expect.stringContaining('clientSecret function failed') as unknown,
    });
    expect(shown(error)).not.toContain('vault-token');
  });
});

describe('nothing that proves an application shows', () => {
  const PASSPHRASE = 'a-passphrase-for-tests';
  const made = madeCertificate({ days: 10 });
  const pem = made.keyPem + made.certificatePem;
  const cipher = { cipher: 'aes-256-cbc', passphrase: PASSPHRASE };
  const encrypted = made.key.export({ type: 'pkcs8', format: 'pem', ...cipher }).toString();
  const pfx = madePfx({ key: made.keyPem, certificate: made.certificatePem }, PASSPHRASE);
  const assertion = madeAssertion({ iss: 'https://cluster.example', sub: 'orders' }, made.key);
  const secrets = [
    PASSPHRASE,
    assertion.split('.')[2] ?? '',
    ...[made.keyPem, encrypted].map((text) => text.split('\n')[3] ?? ''),
    ...(['base64', 'hex'] as const).map((encoding) => pfx.subarray(100, 130).toString(encoding)),
    [...pfx.subarray(100, 110)].map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
  ];

  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function inFile(content: string | Buffer): string {
    const path = join(folder, 'proof');
    writeFileSync(path, content);
    return path;
  }

  type Proof = Pick<ClientCredentialOptions, 'clientSecret' | 'clientCertificate' | 'clientAssertion'>;
  const credentialWith = (proof: Proof) => {
    const { tenantId, clientId, authority, authorityMetadata } = idp.app;
    return clientCredential({ tenantId, clientId, authority, authorityMetadata, ...proof });
  };

  it.each<[string, () => ReturnType<typeof clientCredential>]>([
    ['PEM text', () => credentialWith({ clientCertificate: { content: pem, passphrase: PASSPHRASE } })],
    [
      'an encrypted PEM file',
      () =>
        credentialWith({
          clientCertificate: { path: inFile(encrypted + made.certificatePem), passphrase: PASSPHRASE },
        }),
    ],
    ['PFX bytes', () => credentialWith({ clientCertificate: { content: pfx, passphrase: PASSPHRASE } })],
    [
      'a PFX of a function',
      () => credentialWith({ clientCertificate: () => ({ content: pfx, passphrase: PASSPHRASE }) }),
    ],
    ['an assertion', () => credentialWith({ clientAssertion: assertion })],
    ['an assertion of a function', () => credentialWith({ clientAssertion: () => assertion })],
    [
      'an assertion in a file',
      () => {
        const { tenantId, clientId, authorityMetadata } = idp.app;
        return workloadIdentity({
          tenantId,
          clientId,
          authorityMetadata,
          tokenFile: inFile(assertion),
          env: {},
        });
      },
    ],
  ])('with %s: in no error, event or warning, nor on the credential', async (_, make) => {
    const left: unknown[] = [];
    const channels = ['holdfast:warning', 'tracing:holdfast:token:error'] as const;
    const stops = channels.map((name) => subscribe(name, (event) => left.push(event)));
    try {
      const one = make();
      left.push(one, await failureOf(cachedCredential(one).getToken(SCOPE)));
      idp.fail({ status: 503, body: 'html' });
      left.push(await failureOf(cachedCredential(one).getToken(SCOPE)));
    } finally {
      for (const stop of stops) stop();
    }
    expect(idp.tokenRequests.map(({ status }) => status)).toEqual([401, 503]);
    expect(left.length).toBeGreaterThanOrEqual(5);
    for (const value of left) for (const secret of secrets) expect(shown(value)).not.toContain(secret);
    for (const secret of secrets) expect(shown(idp.tokenRequests)).not.toContain(secret);
  });

  it.each<[string, () => ClientCredentialOptions['clientCertificate']]>([
    ['a wrong passphrase', () => ({ content: pfx, passphrase: 'another-passphrase' })],
    ['a wrong passphrase of a key', () => ({ content: encrypted, passphrase: 'another-passphrase' })],
    ['a file without a certificate', () => ({ path: inFile(made.keyPem) })],
    ['a file that is cut off', () => ({ path: inFile(pem.slice(0, 800)) })],
    ['a function that fails', () => Promise.reject(new Error(pem)) as never],
  ])('because of %s', async (_, given) => {
    const clientCertificate = () => given() as never;
    const error = await failureOf(credentialWith({ clientCertificate }).getToken(SCOPE));
    expect(error).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
    for (const secret of [...secrets, 'another-passphrase']) expect(shown(error)).not.toContain(secret);
  });
});
