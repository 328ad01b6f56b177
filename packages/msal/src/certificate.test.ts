import { X509Certificate, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientCredential, type ClientCertificate } from './index.js';
import { CertificateReader } from './certificate-source.js';
import { madeCertificate, madePfx } from './made-certificates.js';
import { AES_PFX, EC_PFX, RC2_PFX, THUMBPRINT, UNICODE_PFX } from './made-pfx.js';

const root = madeCertificate({ subject: 'root' });
const middle = madeCertificate({ subject: 'middle', issuer: root });
const leaf = madeCertificate({ subject: 'leaf', issuer: middle });
const stranger = madeCertificate({ subject: 'stranger' });
const { signal } = new AbortController();

const thumbprintOf = (pem: string) => new X509Certificate(pem).fingerprint256.replaceAll(':', '');
const read = (given: ClientCertificate) => new CertificateReader().read(given, signal);
const subjectsOf = (chain: string) =>
  chain.split(/(?=-----BEGIN)/).map((pem) => new X509Certificate(pem).subject.replace('CN=', ''));
const construct = (clientCertificate: ClientCertificate) =>
  clientCredential({ tenantId: 'contoso.example', clientId: 'orders', clientCertificate });

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a PEM text', () => {
  it.each<[string, string]>([
    ['key first', leaf.keyPem + leaf.certificatePem],
    ['certificate first', leaf.certificatePem + leaf.keyPem],
    ['issuers first', root.certificatePem + middle.certificatePem + leaf.keyPem + leaf.certificatePem],
    ['Windows line ends', (leaf.certificatePem + leaf.keyPem).replace(/\r?\n/g, '\r\n')],
    ['old line ends', (leaf.certificatePem + leaf.keyPem).replace(/\r?\n/g, '\r')],
    [
      'line ends as an environment variable has them',
      (leaf.certificatePem + leaf.keyPem).replace(/\r?\n/g, '\\n'),
    ],
    [
      'indentation, as in YAML',
      (leaf.certificatePem + leaf.keyPem).replaceAll('\r', '').replace(/^/gm, '    '),
    ],
    [
      'text before the first block',
      `\uFEFFBag Attributes\n  friendlyName: ä-b\n${leaf.certificatePem}\n\n${leaf.keyPem}`,
    ],
    ['a PKCS#1 key', leaf.certificatePem + leaf.key.export({ type: 'pkcs1', format: 'pem' }).toString()],
  ])('is read with %s', async (_, content) => {
    const certificate = await read({ content });
    expect(certificate).toMatchObject({ thumbprint: thumbprintOf(leaf.certificatePem), subject: 'CN=leaf' });
    expect(certificate.privateKey()).toBe(leaf.keyPem);
    await expect(read({ content: Buffer.from(content) })).resolves.toMatchObject({ subject: 'CN=leaf' });
  });

  it.each(['pkcs8', 'pkcs1'] as const)('is read with an encrypted %s key', async (type) => {
    const cipher = { cipher: 'aes-256-cbc', passphrase: 'geheim' };
    const content = leaf.certificatePem + leaf.key.export({ type, format: 'pem', ...cipher }).toString();
    expect((await read({ content, passphrase: 'geheim' })).privateKey()).toBe(leaf.keyPem);
    expect(() => construct({ content })).toThrow(
      'holds an encrypted private key, and no passphrase is given',
    );
    for (const passphrase of ['wrong', ''])
      expect(() => construct({ content, passphrase })).toThrow('the passphrase is wrong');
  });

  it('gives the certificate and its issuers in their order, and no stranger', async () => {
    const all = [root, stranger, leaf, middle].map(({ certificatePem }) => certificatePem);
    const certificate = await read({ content: leaf.keyPem + all.join('') });
    expect(subjectsOf(certificate.chain())).toEqual(['leaf', 'middle', 'root']);
  });
});

describe('a certificate that cannot be used is refused at construction', () => {
  const { privateKey: ecKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { privateKey: smallKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const { privateKey: pssKey } = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
  const pem = (key: typeof ecKey) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

  it.each([
    ['no private key', leaf.certificatePem, 'the certificate holds no private key'],
    ['no certificate', leaf.keyPem, 'the certificate holds no certificate'],
    ['two keys', leaf.keyPem + stranger.keyPem + leaf.certificatePem, 'holds 2 private keys, not one'],
    [
      'a foreign key',
      stranger.keyPem + leaf.certificatePem,
      'holds a private key that fits no certificate in it',
    ],
    ['an EC key', pem(ecKey) + leaf.certificatePem, 'holds a key of type ec; MSAL signs with RSA keys only'],
    ['an RSA-PSS key', pem(pssKey) + leaf.certificatePem, 'holds a key of type rsa-pss'],
    ['a small key', pem(smallKey) + leaf.certificatePem, 'an RSA key of 1024 bits, and 2048 is the least'],
    [
      'a broken key',
      leaf.keyPem.replace(/\n[^-]{64}/, '\n') + leaf.certificatePem,
      'a private key that cannot be read',
    ],
    [
      'a broken certificate',
      leaf.keyPem + leaf.certificatePem.replace(/MII.{8}/, ''),
      'a certificate that cannot be read',
    ],
    ['half a block', '-----BEGIN PRIVATE KEY-----\nMII', 'holds no private key'],
  ])('because of %s', (_, content, message) => {
    expect(() => construct({ content })).toThrow(TypeError);
    expect(() => construct({ content })).toThrow(message);
    expect(() => construct({ content })).toThrow('clientCredential(): the option "clientCertificate"');
  });
});

describe('a PFX', () => {
  it.each([
    ['AES and SHA-256, as OpenSSL 3 writes it', AES_PFX, 'geheim'],
    ['AES and a passphrase beyond ASCII', UNICODE_PFX, 'gehéim€'],
    ['RC2 and SHA-1, as older tools write it', RC2_PFX, 'geheim'],
  ])('is read with %s', async (_, base64, passphrase) => {
    const bytes = Buffer.from(base64, 'base64');
    for (const content of [bytes, base64, `${base64}\n`])
      await expect(read({ content, passphrase })).resolves.toMatchObject({ thumbprint: THUMBPRINT });
    await expect(read({ content: bytes, passphrase: 'wrong' })).rejects.toThrow(
      'and the passphrase is wrong',
    );
    await expect(read({ content: bytes })).rejects.toThrow('and no passphrase is given');
  });

  it('is known by its content, whatever the file is called, and read with an empty passphrase', async () => {
    const path = join(folder, 'orders.pem');
    writeFileSync(path, madePfx({ key: leaf.keyPem, certificate: leaf.certificatePem }, ''));
    for (const passphrase of [undefined, '']) {
      const given = { path, ...(passphrase !== undefined && { passphrase }) };
      const certificate = await read(given);
      expect(certificate.thumbprint).toBe(thumbprintOf(leaf.certificatePem));
      expect(certificate.privateKey()).toBe(leaf.keyPem);
    }
  });

  it.each([
    ['no private key', madePfx({ certificate: leaf.certificatePem }, 'x'), 'holds no private key'],
    ['no certificate', madePfx({ key: leaf.keyPem }, 'x'), 'holds no certificate'],
    [
      'a foreign key',
      madePfx({ key: stranger.keyPem, certificate: leaf.certificatePem }, 'x'),
      'fits no certificate',
    ],
    ['an EC key', Buffer.from(EC_PFX, 'base64'), 'holds a key of type ec'],
    ['a certificate alone', new X509Certificate(leaf.certificatePem).raw, 'is no PFX that can be read'],
    ['anything else', Buffer.from([1, 2, 3]), 'is neither PEM nor PFX'],
    ['half of one', madePfx({ key: leaf.keyPem }, 'x').subarray(0, 500), 'is neither PEM nor PFX'],
  ])('with %s is refused', async (_, content, message) => {
    const passphrase = message.includes('ec') ? 'geheim' : 'x';
    await expect(read({ content, passphrase })).rejects.toThrow(message);
  });
});

describe('a file', () => {
  it('is read each time, and parsed when it has changed', async () => {
    const reader = new CertificateReader();
    const path = join(folder, 'rotated.pem');
    writeFileSync(path, leaf.keyPem + leaf.certificatePem);
    const first = await reader.read({ path }, signal);
    expect(await reader.read({ path }, signal)).toBe(first);
    writeFileSync(path, stranger.keyPem + stranger.certificatePem);
    expect(await reader.read({ path }, signal)).toMatchObject({ subject: 'CN=stranger' });
  });

  it('that does not exist, or cannot be read, is named, and may come', async () => {
    const path = join(folder, 'missing.pem');
    await expect(read({ path })).rejects.toMatchObject({
      message: `the certificate ${path} does not exist`,
      transient: true,
    });
    await expect(read({ path: folder })).rejects.toMatchObject({
      message: `the certificate ${folder} cannot be read (EISDIR)`,
      transient: true,
    });
  });
});
