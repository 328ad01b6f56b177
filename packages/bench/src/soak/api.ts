import { challengeHeader } from '@holdfast/testing';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { TlsOptions } from 'node:tls';
import type { Chance } from './chance.js';
import { DOWNLOAD_LENGTH, PAGES, UPLOAD_LENGTH, contentOf } from './content.js';
import type { RequestFault } from './fault-names.js';
import type { Identities } from './identities.js';
import { Listening } from './listening.js';
import type { Plan } from './plan.js';
import { REQUEST_FAULT_KINDS, type Exchange } from './request-faults.js';
import type { ServerRecord } from './server-record.js';

/** What all APIs have in common. */
export interface ApiSurroundings {
  readonly identities: Identities;
  readonly record: ServerRecord;
  readonly plan: Plan;
  readonly chance: Chance;
  /** Where redirects lead. */
  readonly elsewhere: string;
}

/** What a request asks for: `/download/call-7`. */
const PATH = /^\/([a-z]+)\/([\w.-]+)$/;

/** An API that knows callers by their tokens, tells each who he is and what he has asked for, and fails as it is told. */
export class Api {
  readonly name: string;
  readonly audience: string;
  /** What may befall a request now, and how often. */
  faults: readonly RequestFault[] = [];
  share = 0;
  readonly #all: ApiSurroundings;
  readonly #protocol: string;
  /** Tokens that were taken, by their text. */
  #taken = new Map<string, string>();
  #refused: ReadonlySet<string> = new Set();
  #challenge = '';
  #listening: Listening | undefined = undefined;

  private constructor(name: string, all: ApiSurroundings, protocol: string) {
    this.name = name;
    this.audience = `api://${name}`;
    this.#all = all;
    this.#protocol = protocol;
  }

  /** Over TLS, if there is a channel for it. */
  static async start(name: string, all: ApiSurroundings, channel?: TlsOptions): Promise<Api> {
    const api = new Api(name, all, channel === undefined ? 'http' : 'https');
    const listener: RequestListener = (request, response) => {
      // A client that goes away is none of its business.
      request.on('error', () => undefined);
      api.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    };
    const server = channel === undefined ? createServer(listener) : createSecureServer(channel, listener);
    api.#listening = await Listening.on(server);
    return api;
  }

  get url(): string {
    return `${this.#protocol}://127.0.0.1:${this.#listening?.port ?? 0}`;
  }

  async down(): Promise<void> {
    await this.#listening?.down();
  }

  async up(): Promise<void> {
    await this.#listening?.up();
  }

  /** Takes no token any more that it has taken up to now. */
  revoke(): void {
    this.#refused = new Set(this.#taken.keys());
    this.#taken = new Map();
    const nbf = { essential: true, value: String(Math.floor(Date.now() / 1_000)) };
    this.#challenge = challengeHeader({ claims: { access_token: { nbf } } });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { record, plan, elsewhere } = this.#all;
    const [, kind = '', id = ''] = PATH.exec(request.url ?? '') ?? [];
    const key = request.headers['idempotency-key'];
    record.sent(id, key?.toString());
    const drawn = this.#draw(request);
    const fault = drawn && REQUEST_FAULT_KINDS[drawn];
    const suffer = (more: Partial<Exchange>): void => {
      if (drawn === undefined || response.destroyed) return;
      plan.meet(drawn);
      fault?.act({ request, response, id, body: '', headers: {}, elsewhere, ...more });
    };
    if (fault?.when === 'unread') {
      suffer({});
      return;
    }
    const content = await textOf(request);
    if (content === undefined) return;
    if (!isOf(id, kind, request.method ?? '', content)) record.violations.foreignBodies += 1;
    const who = await this.#caller(request, response);
    if (who === undefined) return;
    if (fault?.when === 'before acting') {
      suffer({});
      return;
    }
    if (request.method !== 'GET') record.acted(id);
    const body = kind === 'download' ? contentOf(id, DOWNLOAD_LENGTH) : this.#told(kind, id, who);
    const headers = { 'x-who': who };
    if (fault !== undefined) suffer({ body, headers });
    else response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
  }

  #draw({ method }: IncomingMessage): RequestFault | undefined {
    const { chance } = this.#all;
    const [first, second] = this.faults;
    if (first === undefined || chance.next() >= this.share) return undefined;
    const fault = chance.next() < 0.5 ? first : (second ?? first);
    return fault === 'redirects elsewhere' && method !== 'GET' ? undefined : fault;
  }

  /** Whose token it is; `undefined` once the request was refused. */
  async #caller({ headers }: IncomingMessage, response: ServerResponse): Promise<string | undefined> {
    const { identities, record, plan } = this.#all;
    const token = headers.authorization?.replace('Bearer ', '');
    if (token === undefined) record.violations.tokenless += 1;
    else if (this.#refused.has(token)) {
      plan.meet('tokens are revoked');
      response.writeHead(401, { 'www-authenticate': this.#challenge }).end();
      return undefined;
    } else {
      const known = this.#taken.get(token);
      if (known !== undefined) return known;
      const holder = await identities.holderOf(token);
      if (holder?.audience === this.audience) {
        this.#taken.set(token, holder.name);
        return holder.name;
      }
      record.violations.misplacedTokens += 1;
    }
    response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    return undefined;
  }

  #told(kind: string, id: string, who: string): string {
    const told = { id, who, api: this.name };
    if (kind !== 'list') return JSON.stringify(told);
    const [call = '', page = '0'] = id.split('.');
    const next = Number(page) + 1;
    return JSON.stringify({
      ...told,
      value: [0, 1, 2].map((item) => ({ ...told, item })),
      ...(next < PAGES && { nextLink: `${this.url}/list/${call}.${next}` }),
    });
  }
}

/** The whole of it; `undefined` when the client has gone in between. */
async function textOf(request: IncomingMessage): Promise<string | undefined> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  } catch {
    return undefined;
  }
}

/** Whether a request has the body that its caller has given it. */
function isOf(id: string, kind: string, method: string, content: string): boolean {
  if (method === 'GET') return content === '';
  return content === (kind === 'upload' ? contentOf(id, UPLOAD_LENGTH) : JSON.stringify({ id }));
}
