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
  /** Whether a redirect was followed; `undefined` where that cannot be told, which is with fetch. */
  readonly redirected: boolean | undefined;
  /** Absent when nothing came back. */
  readonly res: { readonly responseUrl: string | undefined } | undefined;
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
  readonly redirected?: boolean | undefined;
  readonly res?: { readonly responseUrl?: string | undefined } | null | undefined;
  readonly _currentRequest?: RequestObject;
  readonly _redirectable?: { readonly _redirectCount?: number };
  readonly _redirectCount?: number;
  /** Of an HTTP/2 stream, which has no other members for these. */
  readonly sentHeaders?: Readonly<Record<string, unknown>>;
}

/** What is left of a request object. What it says of itself already, it says again. */
export function summaryOf(request: object): SentRequest {
  const outer: RequestObject = request;
  // Before an answer, axios hands out the wrapper that follows redirects; the request at work is inside.
  const inner = outer._currentRequest ?? outer;
  const { reusedSocket, res } = inner;
  // Not by `...rest`: that would copy all of the fifty members that a request of Node's has.
  const { method, protocol, host, path } = placeOfStream(outer) ?? inner;
  return {
    method,
    protocol,
    host,
    path,
    reusedSocket: reusedSocket === true,
    redirected: redirectedBy(outer),
    res: res ? { responseUrl: res.responseUrl } : undefined,
  };
}

type RequestPlace = Pick<SentRequest, 'method' | 'protocol' | 'host' | 'path'>;

function placeOfStream({ sentHeaders }: RequestObject): RequestPlace | undefined {
  if (sentHeaders === undefined) return undefined;
  const text = (name: string) => (typeof sentHeaders[name] === 'string' ? sentHeaders[name] : undefined);
  const [scheme, authority] = [text(':scheme'), text(':authority')];
  return {
    method: text(':method'),
    protocol: scheme === undefined ? undefined : `${scheme}:`,
    // As of a request by HTTP/1.1: without the port.
    host: authority?.replace(/:\d*$/, ''),
    path: text(':path'),
  };
}

function redirectedBy(request: RequestObject): boolean | undefined {
  if ('redirected' in request) return request.redirected;
  if (request instanceof Request) return request.redirect === 'follow' ? undefined : false;
  return ((request._redirectable ?? request)._redirectCount ?? 0) > 0;
}
