import axios, { AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';

/**
 * What stands in `response.request` and `error.request` without a socket: the members of Node's ClientRequest that axios's
 * users and Holdfast read, the header text included, where a token stays behind unless somebody takes it off.
 */
export class SimulatedRequest {
  readonly method: string;
  readonly protocol: string;
  readonly host: string;
  readonly path: string;
  readonly reusedSocket: boolean;
  /** Only where an answer came. */
  readonly res: { readonly responseUrl: string } | undefined;
  readonly _header: string;

  constructor(
    config: InternalAxiosRequestConfig,
    { reusedSocket, answered }: { readonly reusedSocket: boolean; readonly answered: boolean },
  ) {
    const url = new URL(axios.getUri(config), 'http://localhost');
    this.method = (config.method ?? 'get').toUpperCase();
    this.protocol = url.protocol;
    this.host = url.host;
    this.path = `${url.pathname}${url.search}`;
    this.reusedSocket = reusedSocket;
    this.res = answered ? { responseUrl: url.href } : undefined;
    const headers = Object.entries(AxiosHeaders.from(config.headers).toJSON());
    const lines = headers.map(([name, value]) => `${name}: ${String(value)}`);
    this._header = [`${this.method} ${this.path} HTTP/1.1`, ...lines, '', ''].join('\r\n');
  }
}
