import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import forge from 'node-forge';

const DAY_MS = 24 * 60 * 60_000;

/** A certificate that was made for a test. */
export interface MadeCertificate {
  readonly key: KeyObject;
  /** The private key: PKCS#8, PEM. */
  readonly keyPem: string;
  readonly certificatePem: string;
}

/** What a certificate is made with. */
export interface MadeOptions {
  readonly subject?: string;
  /** Days from `now` on; less than 0 for one that has expired. Default: 365. */
  readonly days?: number;
  /** Epoch milliseconds. Default: now. */
  readonly now?: number;
  /** Who signs it. Default: itself. */
  readonly issuer?: MadeCertificate;
  /** Of an earlier certificate, to make one that renews it. Default: a new one. */
  readonly key?: KeyObject;
}

let serial = 0;

/** A certificate with an RSA key of its own. */
export function madeCertificate(options: MadeOptions = {}): MadeCertificate {
  const { subject = 'orders', days = 365, now = Date.now(), issuer, key = rsaKey() } = options;
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const certificate = forge.pki.createCertificate();
  const own = forge.pki.privateKeyFromPem(keyPem);
  serial += 1;
  certificate.serialNumber = serial.toString(16).padStart(4, '0');
  certificate.publicKey = forge.pki.setRsaPublicKey(own.n, own.e);
  certificate.validity.notBefore = new Date(now - 400 * DAY_MS);
  certificate.validity.notAfter = new Date(now + days * DAY_MS);
  const name = [{ name: 'commonName', value: subject }];
  certificate.setSubject(name);
  certificate.setIssuer(
    issuer === undefined ? name : forge.pki.certificateFromPem(issuer.certificatePem).subject.attributes,
  );
  const signer = issuer === undefined ? own : forge.pki.privateKeyFromPem(issuer.keyPem);
  certificate.sign(signer, forge.md.sha256.create());
  return { key, keyPem, certificatePem: forge.pki.certificateToPem(certificate) };
}

/** The bytes of a PFX file, as node-forge writes them: Triple DES, and a MAC by SHA-1. */
export function madePfx(
  parts: { readonly key?: string; readonly certificate?: string },
  passphrase: string,
): Buffer {
  const { key, certificate } = parts;
  const pfx = forge.pkcs12.toPkcs12Asn1(
    key === undefined ? null : forge.pki.privateKeyFromPem(key),
    certificate === undefined ? [] : [forge.pki.certificateFromPem(certificate)],
    passphrase,
    { algorithm: '3des', generateLocalKeyId: false },
  );
  return Buffer.from(forge.asn1.toDer(pfx).getBytes(), 'binary');
}

function rsaKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}
