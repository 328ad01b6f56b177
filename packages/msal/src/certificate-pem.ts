import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import type { CertificateParts } from './certificate.js';
import { UnusableProof } from './unusable-proof.js';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*(?:-(?!----)[^-]*)*-----END \1-----/g;

/** Whether this is PEM text (RFC 7468), whatever stands before its first block. */
export function isPem(text: string): boolean {
  return text.includes('-----BEGIN ');
}

/**
 * The private keys and certificates of a PEM text.
 *
 * @throws {UnusableProof} naming the certificate as `name` does.
 */
export function readPem(text: string, passphrase: string | undefined, name: string): CertificateParts {
  const keys: KeyObject[] = [];
  const certificates: X509Certificate[] = [];
  for (const [block, label = ''] of straightened(text).matchAll(BLOCK)) {
    if (label === 'CERTIFICATE') certificates.push(readCertificate(block, name));
    else if (label.endsWith('PRIVATE KEY')) keys.push(readKey(block, passphrase, name));
  }
  return { keys, certificates };
}

/** As OpenSSL wants it, which knows neither indentation nor the `\\n` that an environment variable makes of a line's end. */
function straightened(text: string): string {
  return text
    .replaceAll('\\n', '\n')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/^[ \t]+/gm, '');
}

function readCertificate(block: string, name: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch {
    throw new UnusableProof(`${name} holds a certificate that cannot be read`);
  }
}

function readKey(block: string, passphrase: string | undefined, name: string): KeyObject {
  const encrypted = block.startsWith('-----BEGIN ENCRYPTED') || block.includes('Proc-Type: 4,ENCRYPTED');
  if (encrypted && passphrase === undefined)
    throw new UnusableProof(`${name} holds an encrypted private key, and no passphrase is given`);
  try {
    return createPrivateKey({ key: block, ...(passphrase !== undefined && { passphrase }) });
  } catch (error) {
    // OpenSSL's own message is left out: nobody knows what it may quote. With a wrong passphrase its code is a matter of chance.
    const { code } = error as NodeJS.ErrnoException;
    const why = encrypted ? 'the passphrase is wrong, or the encryption unknown' : String(code);
    throw new UnusableProof(`${name} holds a private key that cannot be read: ${why}`);
  }
}
