import {
  CertificateReader,
  isClientCertificate,
  nameOf,
  type CertificateSource,
} from './certificate-source.js';
import { readProofFile } from './proof-file.js';
import type { ProofRequest } from './proof-request.js';
import type { Proof, ProofReader } from './proof.js';
import { UnusableProof } from './unusable-proof.js';

/** A text, or who knows it. */
export type TextSource = string | ((request: ProofRequest) => string | Promise<string>);

/** A secret or an assertion, as it was given or as a function has it. */
export class TextReader implements ProofReader {
  readonly name: string;
  readonly #source: TextSource;
  readonly #kind: 'secret' | 'assertion';

  constructor(option: string, source: TextSource, kind: 'secret' | 'assertion') {
    this.name = `the ${option} function`;
    this.#source = source;
    this.#kind = kind;
  }

  async read(request: ProofRequest): Promise<Proof> {
    const source = this.#source;
    // A caller without types may return anything.
    const text: unknown = typeof source === 'function' ? await source(request) : source;
    if (typeof text !== 'string' || text === '') throw new UnusableProof(`${this.name} returned no text`);
    return proofOf(this.#kind, text);
  }
}

/** A certificate, as it was given, as it stands in a file, or as a function has it. */
export class CertificateProofReader implements ProofReader {
  readonly name: string;
  readonly #source: CertificateSource;
  readonly #reader = new CertificateReader();

  constructor(source: CertificateSource) {
    this.name = typeof source === 'function' ? 'the clientCertificate function' : nameOf(source);
    this.#source = source;
  }

  async read(request: ProofRequest): Promise<Proof> {
    const source = this.#source;
    const given: unknown = typeof source === 'function' ? await source(request) : source;
    if (!isClientCertificate(given)) throw new UnusableProof(`${this.name} returned no certificate`);
    const certificate = await this.#reader.read(given, request.abortSignal);
    const { sendChain = true } = given;
    return { kind: 'certificate', certificate, name: nameOf(given), sendChain };
  }
}

/** An assertion that others write into a file, and replace there. */
export class AssertionFileReader implements ProofReader {
  readonly name: string;
  readonly #path: string;

  constructor(path: string) {
    this.name = `the token file ${path}`;
    this.#path = path;
  }

  async read({ abortSignal }: ProofRequest): Promise<Proof> {
    const text = (await readProofFile('token file', this.#path, abortSignal)).toString().trim();
    // It is being written just now, or soon.
    if (text === '') throw new UnusableProof(`${this.name} is empty`, true);
    return proofOf('assertion', text);
  }
}

function proofOf(kind: 'secret' | 'assertion', text: string): Proof {
  return kind === 'secret' ? { kind, secret: text } : { kind, assertion: text };
}
