import type { AxiosError, AxiosResponse } from 'axios';

/**
 * What remains of Node's or fetch's request object where a token was attached: enough to tell where a response came
 * from, and nothing that holds a header.
 */
export interface SentRequest {
  readonly method: string | undefined;
  readonly protocol: string | undefined;
  readonly host: string | undefined;
  readonly path: string | undefined;
  /** Whether a kept-alive connection was used again. */
  readonly reusedSocket: boolean;
  readonly res: { readonly responseUrl: string | undefined };
}

/** Puts a {@link SentRequest} in the place of a response's or an error's request object, which keeps every header it sent. */
export function stripRequest(settled: AxiosResponse | AxiosError): void {
  const request: unknown = settled.request;
  if (typeof request === 'object' && request !== null) settled.request = summaryOf(request);
}

/** The members that Node's ClientRequest, follow-redirects' wrapper and fetch's Request have, as far as they go. */
interface RequestObject {
  readonly method?: string;
  readonly protocol?: string;
  readonly host?: string;
  readonly path?: string;
  readonly reusedSocket?: boolean;
  readonly res?: { readonly responseUrl?: string } | null;
  readonly url?: string;
  readonly _currentRequest?: RequestObject;
  readonly _currentUrl?: string;
}

function summaryOf(request: RequestObject): SentRequest {
  // Before an answer, axios hands out the wrapper that follows redirects; the request at work is inside.
  const { method, protocol, host, path, reusedSocket, res } = request._currentRequest ?? request;
  return {
    method,
    protocol,
    host,
    path,
    reusedSocket: reusedSocket === true,
    res: { responseUrl: res?.responseUrl ?? request._currentUrl ?? request.url },
  };
}
