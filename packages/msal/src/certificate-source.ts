import { Certificate, type CertificateParts } from './certificate.js';
import { isPem, readPem } from './certificate-pem.js';
import { readPfx } from './certificate-pfx.js';
import { readProofFile } from './proof-file.js';
import type { ProofRequest } from './proof-request.js';

/** How a certificate is used, wherever it is. */
export interface CertificateUse {
  /** Of an encrypted private key, or of a PFX file. Default: none. */
  readonly passphrase?: string;
  /**
   * Whether the certificate and its issuers go along with each token request (`x5c`): so the provider can be told to trust a
   * subject name and issuer, and knows a renewed certificate without being told. Default: true. It costs a few kilobytes
   * per token request; `false`, and each renewed certificate must be registered before it is used.
   */
  readonly sendChain?: boolean;
}

/** A file with a certificate. */
export interface CertificateFile extends CertificateUse {
  /** Read at every acquisition: a file that is replaced is taken without a restart. */
  readonly path: string;
  readonly content?: never;
}

/** What would be in such a file. */
export interface CertificateContent extends CertificateUse {
  /** PEM text; the bytes of a PEM or PFX file; or a PFX file in Base64, as Azure Key Vault has it. */
  readonly content: string | Uint8Array;
  readonly path?: never;
}

/**
 * A certificate with its private key (RSA, 2048 bits or more), as PEM or PFX: which of the two is seen from what is in it.
 * Further certificates are taken for those of its issuers.
 */
export type ClientCertificate = CertificateFile | CertificateContent;

/** A certificate, or who has it. */
export type CertificateSource =
  ClientCertificate | ((request: ProofRequest) => ClientCertificate | Promise<ClientCertificate>);

/** Whether this can be a certificate, by its shape. */
export function isClientCertificate(value: unknown): value is ClientCertificate {
  if (typeof value !== 'object' || value === null) return false;
  const { path, content, passphrase, sendChain, ...others } = value as Record<string, unknown>;
  const isThere = (one: unknown) => (typeof one === 'string' || one instanceof Uint8Array) && one.length > 0;
  const isPath = typeof path === 'string' && path !== '' && content === undefined;
  return (
    (isPath || (path === undefined && isThere(content))) &&
    (passphrase === undefined || typeof passphrase === 'string') &&
    (sendChain === undefined || typeof sendChain === 'boolean') &&
    Object.keys(others).length === 0
  );
}

/** A certificate in error messages and warnings. */
export function nameOf({ path }: ClientCertificate): string {
  return path === undefined ? 'the certificate' : `the certificate ${path}`;
}

/**
 * Checks what is there already, where it takes no time: PEM text.
 *
 * @throws {UnusableProof} when no certificate can be made of it.
 */
export function checkContent(given: ClientCertificate): void {
  const { content, passphrase } = given;
  if (content === undefined) return;
  const bytes = Buffer.from(content);
  if (isPem(bytes.toString('latin1')))
    new Certificate(readPem(bytes.toString('latin1'), passphrase, nameOf(given)), nameOf(given));
}

interface Parsed {
  readonly bytes: Buffer;
  readonly passphrase: string | undefined;
  readonly certificate: Promise<Certificate>;
}

/** Makes certificates of files and contents; of the same bytes once. */
export class CertificateReader {
  #last: Parsed | undefined = undefined;

  /** @throws {UnusableProof} when none can be made. */
  async read(given: ClientCertificate, signal: AbortSignal): Promise<Certificate> {
    const { path, content, passphrase } = given;
    const bytes =
      path === undefined ? Buffer.from(content) : await readProofFile('certificate', path, signal);
    if (this.#last?.passphrase === passphrase && this.#last?.bytes.equals(bytes))
      return this.#last.certificate;
    // Remembered before it is there: a PFX takes tens of milliseconds of everybody's time, once and not for each who asks.
    const certificate = certificateOf(bytes, passphrase, nameOf(given));
    const parsed = { bytes, passphrase, certificate };
    this.#last = parsed;
    try {
      return await certificate;
    } catch (error) {
      if (this.#last === parsed) this.#last = undefined;
      throw error;
    }
  }
}

async function certificateOf(
  bytes: Buffer,
  passphrase: string | undefined,
  name: string,
): Promise<Certificate> {
  return new Certificate(await partsOf(bytes, passphrase, name), name);
}

async function partsOf(
  bytes: Buffer,
  passphrase: string | undefined,
  name: string,
): Promise<CertificateParts> {
  const text = bytes.toString('latin1');
  if (isPem(text)) return readPem(text, passphrase, name);
  // No PFX file in binary is Base64 from end to end.
  const isBase64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text);
  return readPfx(isBase64 ? Buffer.from(text, 'base64') : bytes, passphrase, name);
}
