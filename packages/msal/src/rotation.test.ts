import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import {
  clientCredential,
  type ClientCertificate,
  type ClientCredentialOptions,
  type ProofRequest,
} from './index.js';
import { madeAssertion } from './made-assertions.js';
import { madeCertificate, type MadeCertificate } from './made-certificates.js';

const SCOPE = 'api://orders/.default';
const ISSUER = 'https://cluster.example';
const old = madeCertificate({ subject: 'old' });
const renewed = madeCertificate({ subject: 'renewed' });
const federated = { issuer: ISSUER, subject: 'orders', publicKey: old.certificatePem };

let idp: IdentityProvider;
let folder: string;

beforeEach(async () => {
  idp = await startIdentityProvider();
  idp.trust(old.certificatePem);
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
});

afterEach(async () => {
  await idp.close();
  rmSync(folder, { recursive: true });
});

type Proof = Pick<ClientCredentialOptions, 'clientSecret' | 'clientCertificate' | 'clientAssertion'>;

function credential(proof: Proof) {
  const { tenantId, clientId, authority, authorityMetadata } = idp.app;
  return clientCredential({ tenantId, clientId, authority, authorityMetadata, ...proof });
}

const pemOf = ({ keyPem, certificatePem }: MadeCertificate): string => keyPem + certificatePem;
const seen = () => idp.tokenRequests.map(({ proof, status }) => `${String(proof)} ${String(status)}`);
const assertion = (subject = 'orders') => madeAssertion({ iss: ISSUER, sub: subject }, old.key);

/** Answers with one after the other, and with the last for ever; remembers why it was asked. */
function source<T>(...values: T[]) {
  const requests: ProofRequest[] = [];
  const ask = async (request: ProofRequest): Promise<T> => {
    requests.push(request);
    return values.length > 1 ? values.shift()! : values[0]!;
  };
  return { ask, reasons: () => requests.map(({ reason }) => reason), requests };
}

describe('each proof is accepted by the provider', () => {
  it.each<[string, () => Proof, string]>([
    ['a secret', () => ({ clientSecret: idp.app.clientSecret }), 'secret'],
    ['a certificate', () => ({ clientCertificate: { content: pemOf(old) } }), 'certificate'],
    [
      'a certificate without its chain',
      () => ({ clientCertificate: { content: pemOf(old), sendChain: false } }),
      'certificate',
    ],
    ['an assertion', () => ({ clientAssertion: assertion() }), 'assertion'],
    ['an assertion of a function', () => ({ clientAssertion: () => assertion() }), 'assertion'],
  ])('%s', async (_, proof, kind) => {
    idp.trustIssuer(federated);
    const one = credential(proof());
    for (const enableCae of [false, true])
      await expect(one.getToken(SCOPE, { enableCae })).resolves.toMatchObject({
        token: expect.any(String) as unknown,
      });
    expect(seen()).toEqual([`${kind} 200`, `${kind} 200`]);
  });
});

describe('a rotation fails no call and needs no restart', () => {
  it('of a secret that is revoked before the vault is asked again', async () => {
    const { ask, reasons, requests } = source(idp.app.clientSecret, idp.app.clientSecret, 'the new one');
    const one = credential({ clientSecret: ask });
    await one.getToken(SCOPE);
    idp.rotateSecret('the new one');
    await expect(one.getToken(SCOPE)).resolves.toBeDefined();
    await expect(one.getToken(SCOPE)).resolves.toBeDefined();
    expect(seen()).toEqual(['secret 200', 'secret 401', 'secret 200', 'secret 200']);
    expect(reasons()).toEqual(['acquisition', 'acquisition', 'invalid_client', 'acquisition']);
    const { tenantId, clientId } = idp.app;
    expect(requests[0]).toMatchObject({
      tenantId,
      clientId,
      abortSignal: expect.any(AbortSignal) as unknown,
    });
  });

  it('of a certificate in a mounted file', async () => {
    const path = join(folder, 'app.pem');
    writeFileSync(path, pemOf(old));
    const one = credential({ clientCertificate: { path } });
    await one.getToken(SCOPE);
    writeFileSync(path, pemOf(renewed));
    idp.trust(renewed.certificatePem);
    idp.distrust(old.certificatePem);
    await expect(one.getToken(SCOPE)).resolves.toBeDefined();
    expect(seen()).toEqual(['certificate 200', 'certificate 200']);
  });

  it('of a certificate that a function has', async () => {
    const content = (made: MadeCertificate): ClientCertificate => ({ content: pemOf(made) });
    const { ask, reasons } = source(content(renewed), content(old));
    await expect(credential({ clientCertificate: ask }).getToken(SCOPE)).resolves.toBeDefined();
    expect(seen()).toEqual(['certificate 401', 'certificate 200']);
    expect(reasons()).toEqual(['acquisition', 'invalid_client']);
  });

  it('of an assertion that has expired in between', async () => {
    idp.trustIssuer(federated);
    const expired = madeAssertion({ iss: ISSUER, sub: 'orders', exp: 1 }, old.key);
    const { ask, reasons } = source(expired, assertion());
    await expect(credential({ clientAssertion: ask }).getToken(SCOPE)).resolves.toBeDefined();
    expect(seen()).toEqual(['assertion 401', 'assertion 200']);
    expect(reasons()).toEqual(['acquisition', 'invalid_client']);
  });
});

describe('a proof that is refused is not sent again', () => {
  const refused = { code: 'ERR_TOKEN_ACQUISITION', transient: false };

  it('when the function has the same', async () => {
    const { ask, reasons } = source('wrong');
    await expect(credential({ clientSecret: ask }).getToken(SCOPE)).rejects.toMatchObject(refused);
    expect(seen()).toEqual(['secret 401']);
    expect(reasons()).toEqual(['acquisition', 'invalid_client']);
  });

  it('when the function then fails: what the provider said is told', async () => {
    const ask = ({ reason }: ProofRequest) => {
      if (reason === 'invalid_client') throw new Error('the vault is down');
      return 'wrong';
    };
    await expect(credential({ clientSecret: ask }).getToken(SCOPE)).rejects.toMatchObject({
      ...refused,
      message: `No token for ${SCOPE}: the identity provider says invalid_client`,
    });
    expect(seen()).toEqual(['secret 401']);
  });

  it('more than once, when what replaces it is refused too', async () => {
    const { ask, reasons } = source('wrong', 'wrong as well', 'never asked for');
    await expect(credential({ clientSecret: ask }).getToken(SCOPE)).rejects.toMatchObject(refused);
    expect(seen()).toEqual(['secret 401', 'secret 401']);
    expect(reasons()).toEqual(['acquisition', 'invalid_client']);
  });

  it('when it is a plain value, or a file that has not changed', async () => {
    const path = join(folder, 'app.pem');
    writeFileSync(path, pemOf(renewed));
    const proofs = [
      { clientSecret: 'wrong' },
      { clientAssertion: 'no.jwt' },
      { clientCertificate: { path } },
      { clientCertificate: () => ({ path }) },
      { clientCertificate: { content: pemOf(renewed) } },
    ];
    for (const proof of proofs)
      await expect(credential(proof).getToken(SCOPE)).rejects.toMatchObject(refused);
    expect(idp.tokenRequests).toHaveLength(proofs.length);
  });

  it('and is no reason to ask for another when the provider is in trouble', async () => {
    const { ask, reasons } = source('one', 'another');
    idp.failNext({ status: 503 });
    await expect(credential({ clientSecret: ask }).getToken(SCOPE)).rejects.toMatchObject({
      transient: true,
    });
    expect(reasons()).toEqual(['acquisition']);
    expect(idp.tokenRequests).toHaveLength(1);
  });
});
