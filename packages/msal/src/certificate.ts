import type { KeyObject, X509Certificate } from 'node:crypto';
import { UnusableProof } from './unusable-proof.js';

/** What a PEM or PFX file holds, in whatever order. */
export interface CertificateParts {
  readonly keys: readonly KeyObject[];
  readonly certificates: readonly X509Certificate[];
}

// What `jsonwebtoken`, with which MSAL signs, takes for PS256.
const SMALLEST_KEY_BITS = 2048;

/** A certificate with its private key. */
export class Certificate {
  /** SHA-256, in hexadecimal digits. */
  readonly thumbprint: string;
  /** SHA-1, likewise: what AD FS knows certificates by. */
  readonly sha1Thumbprint: string;
  readonly subject: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly #leaf: X509Certificate;
  readonly #key: KeyObject;
  readonly #all: readonly X509Certificate[];

  /** @throws {UnusableProof} naming the certificate as `name` does. */
  constructor({ keys, certificates }: CertificateParts, name: string) {
    const [key] = keys;
    if (key === undefined) throw new UnusableProof(`${name} holds no private key`);
    if (keys.length > 1) throw new UnusableProof(`${name} holds ${keys.length} private keys, not one`);
    if (certificates.length === 0) throw new UnusableProof(`${name} holds no certificate`);
    checkKey(key, name);
    // One that was renewed with the same key may stand beside the one that it replaces.
    const [leaf] = certificates
      .filter((certificate) => certificate.checkPrivateKey(key))
      .sort((one, other) => Date.parse(other.validTo) - Date.parse(one.validTo));
    if (leaf === undefined)
      throw new UnusableProof(`${name} holds a private key that fits no certificate in it`);
    this.thumbprint = leaf.fingerprint256.replaceAll(':', '');
    this.sha1Thumbprint = leaf.fingerprint.replaceAll(':', '');
    this.subject = leaf.subject.replaceAll('\n', ', ');
    this.expiresAt = Date.parse(leaf.validTo);
    this.#leaf = leaf;
    this.#key = key;
    this.#all = certificates;
  }

  /** The private key as PEM text: a secret. */
  privateKey(): string {
    return this.#key.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  /** The certificate and who issued it, as far as they are here, as PEM text: what MSAL sends as `x5c`. */
  chain(): string {
    const chain = [this.#leaf];
    for (let last: X509Certificate | undefined = this.#leaf; last !== undefined;) {
      const issued: X509Certificate = last;
      // Nobody stands above who has signed himself.
      last =
        issued.subject === issued.issuer
          ? undefined
          : this.#all.find((issuer) => !chain.includes(issuer) && isIssuer(issuer, issued));
      if (last !== undefined) chain.push(last);
    }
    return chain.map(String).join('');
  }
}

/** By its signature too: one that was renewed with another key has the same name. */
function isIssuer(issuer: X509Certificate, issued: X509Certificate): boolean {
  return issued.checkIssued(issuer) && issued.verify(issuer.publicKey);
}

function checkKey(key: KeyObject, name: string): void {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = key;
  // MSAL signs its assertions with PS256, and with nothing else.
  if (type !== 'rsa')
    throw new UnusableProof(`${name} holds a key of type ${type}; MSAL signs with RSA keys only`);
  const bits = details?.modulusLength ?? 0;
  if (bits < SMALLEST_KEY_BITS)
    throw new UnusableProof(
      `${name} holds an RSA key of ${bits} bits, and ${SMALLEST_KEY_BITS} is the least`,
    );
}
