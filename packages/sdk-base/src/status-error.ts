import { odataErrorOf, type ODataError } from '@holdfast/client';
import axios, { AxiosError, type AxiosResponse } from 'axios';
import { problemDetailsOf, type ProblemDetails } from './problem-details.js';
import { SdkError } from './sdk-error.js';

/** An error of axios's, or of an SDK's, about an answer that came back. */
export type AnsweredError = AxiosError & { readonly response: AxiosResponse };

const BRAND = Symbol.for('@holdfast/sdk-base/status-error/1');

/**
 * The service has answered, and with a status that is no success: the base of all errors by status, and the class of those
 * that have none of their own. What axios's own error has, it has as well: code, message, stack, `config`, `request`, `response`.
 *
 * Nothing of the answer is in its message, and nothing of `problem` or `odata` in what a logger shows of it: what a service
 * writes there may be what a user has sent.
 *
 * To branch on a kind of conflict by `instanceof`, extend its class, and make one of the error that came:
 * `class QuotaError extends ConflictError {}`, `throw new QuotaError(error, 'QuotaError')`.
 */
export class StatusError extends SdkError {
  declare readonly status: number;
  declare readonly response: AxiosResponse;
  /** Null is what there is to find, where nothing is. */
  #problem: ProblemDetails | null | undefined;
  #odata: ODataError | null | undefined;

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }

  constructor(answered: AnsweredError, name = 'StatusError') {
    const { config, request, response, cause, stack } = answered;
    const { status } = response;
    const code = status >= 400 && status < 500 ? AxiosError.ERR_BAD_REQUEST : AxiosError.ERR_BAD_RESPONSE;
    const message = `Request failed with status code ${status}`;
    // Else somebody has failed to read the body, V8's parser say, and both its message and its cause quote from it.
    const isPlain = answered.message === message;
    super(name, {
      message,
      code,
      config,
      request: request as unknown,
      response,
      cause: isPlain ? cause : undefined,
    });
    const heading = `${answered.name}: ${message}`;
    if (isPlain && stack?.startsWith(heading) === true)
      this.stack = `${name}: ${message}${stack.slice(heading.length)}`;
  }

  /** What the service says of it by RFC 9457; looked for when it is first asked for. */
  get problem(): ProblemDetails | undefined {
    this.#problem ??= problemDetailsOf(this.response) ?? null;
    return this.#problem ?? undefined;
  }

  /** What the service says of it in the manner of OData, as Microsoft Graph does; looked for when it is first asked for. */
  get odata(): ODataError | undefined {
    this.#odata ??= odataErrorOf(this.response) ?? null;
    return this.#odata ?? undefined;
  }
}

/**
 * Whether the service has answered with a status that is no success: any, or one of those given. Not by class, as `instanceof`
 * has it: errors of another copy of the package are recognised as well.
 */
export function isStatusError<Status extends number = number>(
  error: unknown,
  ...statuses: readonly Status[]
): error is StatusError & { readonly status: Status } {
  if (!axios.isAxiosError(error) || !(BRAND in error)) return false;
  return statuses.length === 0 || (statuses as readonly unknown[]).includes(error.status);
}
