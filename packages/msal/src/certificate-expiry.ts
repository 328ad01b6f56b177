import { warning } from '@holdfast/core';
import type { Certificate } from './certificate.js';

const DAY_MS = 24 * 60 * 60_000;
const WARNED_MS = 30 * DAY_MS;

/** Tells that a certificate is about to expire, once for each: a renewed one is another. */
export class ExpiryWarning {
  #last: { readonly thumbprint: string; readonly tell: (service: string) => void } | undefined = undefined;

  /** Tells it, if there is something to tell. `name` is that of the certificate. */
  tell(certificate: Certificate, name: string, service: string, now: number): void {
    const { thumbprint, expiresAt, subject } = certificate;
    if (expiresAt - now > WARNED_MS) return;
    if (this.#last?.thumbprint !== thumbprint) {
      const when = expiresAt > now ? 'expires' : 'has expired';
      const message = `${capitalised(name)} (${subject}, SHA-256 ${thumbprint}) ${when} on ${dateOf(expiresAt)}: renew it`;
      this.#last = { thumbprint, tell: warning('CERTIFICATE_EXPIRES', message) };
    }
    this.#last.tell(service);
  }
}

/** What an error should say of a certificate that has expired by this machine's clock; `undefined` when it has not. */
export function expiryOf({ expiresAt }: Certificate, name: string, now: number): string | undefined {
  return expiresAt > now
    ? undefined
    : `${name} has expired on ${dateOf(expiresAt)}, by the clock of this machine`;
}

function dateOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
