import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that reached Microsoft Graph, or a part of a `$batch`. */
export interface SeenRequest {
  readonly method: string;
  /** Below the version; of a part, as it stands there. */
  readonly url: string;
  readonly status: number;
  /** The bearer token; a part goes by that of its batch. */
  readonly token: string | undefined;
  readonly clientRequestId: string | undefined;
  readonly isPart: boolean;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface Part {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly dependsOn?: readonly string[];
}

/** "Outlook can execute up to 4 concurrent requests": https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits */
const MOST_AT_ONCE = 4;
const PAGE = 2;

/**
 * Microsoft Graph on loopback, as far as its manners go: pages of a directory, mailboxes that count for themselves, a drive with upload
 * sessions, `$batch`. It answers at once, but for mailboxes that are held.
 */
export class MadeGraph implements AsyncDisposable {
  readonly seen: SeenRequest[] = [];
  /** Seconds that a mailbox asks for which has too many requests at once. */
  retryAfter = 2;
  /** Where the URLs of upload sessions lead. */
  uploadsAt = 'https://uploads.invalid';
  readonly #server: Server;
  /** How many more times a path is refused, by that path. */
  readonly #throttles = new Map<string, { left: number; readonly retryAfter: number | undefined }>();
  readonly #atOnce = new Map<string, number>();
  readonly #held = new Map<string, Promise<void>>();
  #users = 5;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#respond(request, response);
    });
  }

  static async start(): Promise<MadeGraph> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new MadeGraph(server);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.origin}/v1.0`;
  }

  /** What was asked and what came of it: `GET /me 200`, without queries. */
  get story(): string[] {
    return this.seen.map(({ method, url, status }) => `${method} ${url.replace(/\?.*/, '')} ${status}`);
  }

  /** The next requests to a path are answered by 429. */
  throttle(path: string, times: number, retryAfter?: number): void {
    this.#throttles.set(path, { left: times, retryAfter });
  }

  /** Requests to a mailbox that are let in stay there until the returned function is called. */
  hold(mailbox: string): () => void {
    let release = (): void => undefined;
    this.#held.set(mailbox, new Promise<void>((resolve) => (release = resolve)));
    return () => {
      this.#held.delete(mailbox);
      release();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request;
    const url = (request.url ?? '/').replace(/^\/v1\.0/, '');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const answer = url === '/$batch' ? this.#batch(text, headers) : await this.#answer(method, url);
    if (url !== '/$batch') this.#see(method, url, answer.status, headers, false);
    const requestId = `request-${this.seen.length}`;
    const body =
      answer.status < 400 ? answer.body : errorBody(answer.status, requestId, headers['client-request-id']);
    response.writeHead(answer.status, {
      'Content-Type': 'application/json',
      'request-id': requestId,
      ...answer.headers,
    });
    response.end(body === undefined ? '' : JSON.stringify(body));
  }

  #see(
    method: string,
    url: string,
    status: number,
    headers: IncomingMessage['headers'],
    isPart: boolean,
  ): void {
    const token = headers.authorization?.replace(/^Bearer /, '');
    const clientRequestId = headers['client-request-id'] as string | undefined;
    this.seen.push({ method, url, status, token, clientRequestId, isPart });
  }

  async #answer(method: string, url: string): Promise<Answer> {
    const path = url.replace(/\?.*/, '');
    const refusal = this.#refusalOf(path);
    if (refusal !== undefined) return refusal;
    const mailbox = /^\/(?:users\/[^/]+|me)(?=\/messages)/.exec(path)?.[0];
    if (mailbox !== undefined) return this.#mailbox(mailbox);
    return this.#plain(method, url);
  }

  #refusalOf(path: string): Answer | undefined {
    const throttle = this.#throttles.get(path);
    if (throttle === undefined || throttle.left === 0) return undefined;
    throttle.left -= 1;
    return tooMany(throttle.retryAfter);
  }

  async #mailbox(mailbox: string): Promise<Answer> {
    const atOnce = this.#atOnce.get(mailbox) ?? 0;
    if (atOnce >= MOST_AT_ONCE) return tooMany(this.retryAfter);
    this.#atOnce.set(mailbox, atOnce + 1);
    await this.#held.get(mailbox);
    this.#atOnce.set(mailbox, (this.#atOnce.get(mailbox) ?? 1) - 1);
    return { status: 200, body: { value: [{ subject: mailbox }] } };
  }

  #plain(method: string, url: string): Answer {
    const { pathname, searchParams } = new URL(url, this.origin);
    if (pathname === '/users' && method === 'GET')
      return this.#page(Number(searchParams.get('$skiptoken') ?? 0));
    if (pathname.endsWith('/createUploadSession'))
      return { status: 200, body: { uploadUrl: `${this.uploadsAt}/up/7?tempauth=a-secret` } };
    if (method === 'POST') return { status: 201, body: { id: pathname } };
    return method === 'DELETE' ? { status: 204 } : { status: 200, body: { id: pathname } };
  }

  #page(from: number): Answer {
    const value = Array.from({ length: Math.min(PAGE, this.#users - from) }, (_, index) => ({
      id: from + index,
    }));
    const next = from + PAGE;
    const nextLink = next < this.#users && { '@odata.nextLink': `${this.url}/users?$skiptoken=${next}` };
    return { status: 200, body: { ...nextLink, value } };
  }

  #batch(text: string, headers: IncomingMessage['headers']): Answer {
    const { requests } = JSON.parse(text) as { requests: readonly Part[] };
    if (requests.length === 0 || requests.length > 20) return { status: 400 };
    const statuses = new Map<string, number>();
    const responses = requests.map(({ id, method, url, dependsOn = [] }) => {
      const isMet = dependsOn.every((other) => (statuses.get(other) ?? 424) < 400);
      const answer = isMet ? (this.#refusalOf(url) ?? this.#plain(method, url)) : { status: 424 };
      statuses.set(id, answer.status);
      this.#see(method, url, answer.status, headers, true);
      return { id, ...answer };
    });
    // "Individual responses might appear in a different order than the requests."
    return { status: 200, body: { responses: responses.reverse() } };
  }
}

function tooMany(retryAfter: number | undefined): Answer {
  return { status: 429, ...(retryAfter !== undefined && { headers: { 'Retry-After': String(retryAfter) } }) };
}

function errorBody(
  status: number,
  requestId: string,
  clientRequestId: string | string[] | undefined,
): object {
  const innerError = {
    date: '2025-01-01T00:00:00',
    'request-id': requestId,
    'client-request-id': clientRequestId,
  };
  return { error: { code: status === 429 ? 'TooManyRequests' : 'BadRequest', message: 'No', innerError } };
}
