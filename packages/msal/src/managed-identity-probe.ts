import type { Clock } from '@holdfast/core';
import type { AxiosResponse } from 'axios';
import { randomUUID } from 'node:crypto';
import { endpointConnection } from './managed-identity-network.js';
import { ProviderFailure, unanswered } from './network.js';
import { objectOf } from './token-answer.js';

const HOST = '169.254.169.254';
const IMDS = `http://${HOST}/metadata/identity/oauth2/token?api-version=2018-02-01`;

/**
 * Whether Azure's metadata service is there. It is asked as it must not be, without the `Metadata` header, and says so at
 * once; elsewhere a connection to it hangs, or another cloud's service answers. Asked once for all who want to know at the
 * same time, and never again after it was there.
 */
export class ImdsProbe {
  readonly #timeoutMs: number | false;
  readonly #clock: Clock;
  #answer: Promise<ProviderFailure | undefined> | undefined = undefined;

  /** `false` for the time: it is there, and nothing is asked. */
  constructor(timeoutMs: number | false, clock: Clock) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** `undefined` when it is there. Never rejects. */
  failure(): Promise<ProviderFailure | undefined> {
    if (this.#timeoutMs === false) return Promise.resolve(undefined);
    return (this.#answer ??= this.#ask(this.#timeoutMs));
  }

  async #ask(timeoutMs: number): Promise<ProviderFailure | undefined> {
    const correlationId = randomUUID();
    const headers = { 'x-ms-client-request-id': correlationId };
    try {
      const connection = endpointConnection(timeoutMs, this.#clock);
      const response = await connection.send({ method: 'get', url: IMDS, headers }, undefined);
      if (isAzures(response)) return undefined;
      const { status } = response;
      const message = `${HOST} is not Azure's metadata service (it answered ${status})`;
      this.#answer = undefined;
      return new ProviderFailure({ code: 'not_azure', message, correlationId, status, transient: false });
    } catch (error) {
      // A machine that starts may have no network yet.
      this.#answer = undefined;
      return unanswered({ correlationId, signal: undefined }, error);
    }
  }
}

/** Others answer with a page, or with nothing. While it is being updated, Azure's may do so too. */
function isAzures({ status, headers, data }: AxiosResponse<unknown>): boolean {
  const server = String(headers['server'] ?? '');
  return status >= 400 && (objectOf(data) !== undefined || server.startsWith('IMDS/'));
}
