import { errorSummary } from '@holdfast/core';
import { AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';

/** What an error of an SDK is made of. */
export interface SdkErrorInit {
  readonly message: string;
  readonly code: string | undefined;
  readonly config?: InternalAxiosRequestConfig | undefined;
  readonly request?: unknown;
  readonly response?: AxiosResponse | undefined;
  readonly cause?: unknown;
}

/**
 * What the errors of an SDK have in common: each is an `AxiosError`, so whatever knows those knows them too. `config`,
 * `request`, `response` and `cause` are there, but not enumerable, and JSON has the summary: what was sent and what came
 * back enter no log unasked.
 */
export abstract class SdkError extends AxiosError {
  static {
    // Axios types it as a member of the instance, so that no method may override it.
    Object.defineProperty(this.prototype, 'toJSON', {
      value: function toJSON(this: SdkError): object {
        return errorSummary(this);
      },
      writable: true,
      configurable: true,
    });
  }

  constructor(name: string, { message, code, config, request, response, cause }: SdkErrorInit) {
    super(message, code, config, request, response);
    this.name = name;
    for (const [member, value] of Object.entries({ config, request, response, cause }))
      if (value !== undefined)
        Object.defineProperty(this, member, { value, writable: true, enumerable: false, configurable: true });
  }
}
