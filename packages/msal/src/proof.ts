import { isCanceled, onCancel, orCanceled, type Cancelable, type Clock } from '@holdfast/core';
import { PROVIDER, refused } from './refused.js';
import { ExpiryWarning, expiryOf } from './certificate-expiry.js';
import type { Certificate } from './certificate.js';
import type { ProofRequest } from './proof-request.js';
import { UnusableProof } from './unusable-proof.js';

/** By what an application proves who it is. */
export type Proof =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'assertion'; readonly assertion: string }
  | {
      readonly kind: 'certificate';
      readonly certificate: Certificate;
      /** In messages. */
      readonly name: string;
      readonly sendChain: boolean;
    };

/** Who has the proof. */
export interface ProofReader {
  /** In messages: `the clientSecret function`. */
  readonly name: string;
  /** @throws {UnusableProof}, or whatever a function of the user's throws. */
  read(request: ProofRequest): Promise<Proof>;
}

/** From whom, and how long, a proof is had. */
export interface ProofSettings {
  readonly timeoutMs: number | false;
  readonly clock: Clock;
}

/** For what a proof is needed, and by whom. */
export interface ProofNeed extends Pick<ProofRequest, 'tenantId' | 'clientId'> {
  readonly scopes: readonly string[];
  readonly caller: Cancelable;
}

/** Has the proof of an application ready, for each acquisition anew. */
export class ProofSource {
  readonly #reader: ProofReader;
  readonly #settings: ProofSettings;
  readonly #expiry = new ExpiryWarning();

  constructor(reader: ProofReader, settings: ProofSettings) {
    this.#reader = reader;
    this.#settings = settings;
  }

  /** @throws {TokenAcquisitionError} when there is none. */
  async get(need: ProofNeed): Promise<Proof> {
    try {
      return await this.#read('acquisition', need);
    } catch (error) {
      const { scopes } = need;
      const message = `No token for ${scopes.join(' ')}:`;
      if (error instanceof UnusableProof)
        throw refused(`${message} ${error.message}`, scopes, { transient: error.transient });
      // Its name only: a vault's error can hold the request, and with it the token for the vault.
      const name = error instanceof Error ? error.name : typeof error;
      throw refused(`${message} ${this.#reader.name} failed (${name})`, scopes, { transient: true });
    }
  }

  /** Another proof than this one, which the provider has just refused; `undefined` when there is no other. */
  async otherThan(refusedProof: Proof, need: ProofNeed): Promise<Proof | undefined> {
    try {
      const proof = await this.#read('invalid_client', need);
      return contentOf(proof) === contentOf(refusedProof) ? undefined : proof;
    } catch {
      // The caller learns what the provider said; that this failed too would hide it.
      return undefined;
    }
  }

  /** What an error of the provider's should say of the proof that it was sent. */
  remarkOn(proof: Proof): string | undefined {
    return proof.kind === 'certificate'
      ? expiryOf(proof.certificate, proof.name, this.#settings.clock.now())
      : undefined;
  }

  async #read(reason: ProofRequest['reason'], { tenantId, clientId, caller }: ProofNeed): Promise<Proof> {
    const { timeoutMs, clock } = this.#settings;
    const ending = new AbortController();
    const timer =
      timeoutMs === false
        ? undefined
        : clock.setTimeout(() => {
            ending.abort(Object.assign(new Error('It took too long'), { name: 'TimeoutError' }));
          }, timeoutMs);
    const off = onCancel(caller, () => {
      ending.abort();
    });
    try {
      if (isCanceled(caller)) ending.abort();
      const { signal } = ending;
      const read = this.#reader.read({ reason, tenantId, clientId, abortSignal: signal });
      const proof = await orCanceled(read, { signal });
      if (proof.kind === 'certificate')
        this.#expiry.tell(proof.certificate, proof.name, PROVIDER, clock.now());
      return proof;
    } catch (error) {
      throw ending.signal.aborted ? ending.signal.reason : error;
    } finally {
      off();
      timer?.cancel();
    }
  }
}

/** What tells one proof from another. */
function contentOf(proof: Proof): string {
  if (proof.kind === 'secret') return proof.secret;
  if (proof.kind === 'assertion') return proof.assertion;
  return proof.sendChain ? proof.certificate.chain() : proof.certificate.thumbprint;
}
