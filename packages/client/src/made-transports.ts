import { EventEmitter, once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2, {
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

type Asked = IncomingMessage | Http2ServerRequest;
type Answered = ServerResponse | Http2ServerResponse;

/** One request as a server has seen it. */
export interface SeenRequest {
  readonly method: string | undefined;
  readonly path: string;
  readonly token: string | undefined;
  /** From 1, in the order in which they were made. */
  readonly connection: number;
}

/** What a server answers, what it never does (`hang`), or what it does in its place. */
export type Reply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'hang'
  | ((asked: Asked, answered: Answered) => void);

/** What comes after that for which one waits. */
export interface Later {
  readonly over: Promise<unknown>;
  /** It is not waited for any more. */
  end(): void;
}

const NEVER: Later = { over: new Promise(() => undefined), end: () => undefined };

const OK: Reply = { status: 200, body: '{"id":7}' };

/** A server on 127.0.0.1 that knows its connections and answers by a script; without one, and after it, 200. */
export class SocketServer {
  readonly requests: SeenRequest[] = [];
  /** How many connections there were. */
  connections = 0;
  /** Those that are open. */
  readonly open: Set<Socket> = new Set();
  /** The most requests at a time that it had not answered. */
  busiest = 0;
  #busy = 0;
  readonly #held = new Map<string, Answered>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #changed = new EventEmitter().setMaxListeners(0);
  readonly #server: http.Server | https.Server | http2.Http2Server;

  private constructor(server: http.Server | https.Server | http2.Http2Server, script: Reply[]) {
    this.#server = server;
    const numbers = new WeakMap<Socket, number>();
    server.on('connection', (socket: Socket) => {
      this.connections += 1;
      numbers.set(socket, this.connections);
      this.open.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.open.delete(socket);
        this.#changed.emit('change');
      });
      this.#changed.emit('change');
    });
    server.on('session', (session: ServerHttp2Session) => {
      this.#sessions.add(session);
      session.on('error', () => undefined);
    });
    server.on('request', (asked: Asked, answered: Answered) => {
      const { method, url: path = '', headers } = asked;
      const token = headers.authorization?.replace('Bearer ', '');
      this.requests.push({ method, path, token, connection: numbers.get(asked.socket) ?? this.connections });
      this.busiest = Math.max(this.busiest, (this.#busy += 1));
      answered.once('close', () => (this.#busy -= 1));
      const held = path.startsWith('/held');
      if (held) this.#held.set(path, answered);
      else send(asked, answered, script.shift() ?? OK);
      this.#changed.emit('change');
    });
  }

  static async start(
    script: readonly Reply[] = [],
    protocol: 'http' | 'http2' = 'http',
  ): Promise<SocketServer> {
    const made = protocol === 'http2' ? http2.createServer() : http.createServer();
    return SocketServer.on(made, script);
  }

  static async on(
    server: http.Server | https.Server | http2.Http2Server,
    script: readonly Reply[] = [],
  ): Promise<SocketServer> {
    // A connection is closed when a test says so, and not because the machine was slow.
    if ('keepAliveTimeout' in server) server.keepAliveTimeout = 0;
    const made = new SocketServer(server, [...script]);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return made;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /**
   * Settles when something is so, which is looked at after each request, connection and end of one. It rejects where that is not
   * so when something else has happened, which comes later by far.
   */
  async until(isSo: () => boolean, later: Later = NEVER): Promise<void> {
    const tooLate = later.over.then(() => {
      if (!isSo()) throw new Error('What was waited for has not come in time');
    });
    try {
      while (!isSo()) await Promise.race([once(this.#changed, 'change'), tooLate]);
    } finally {
      later.end();
      tooLate.catch(() => undefined);
    }
  }

  /** Settles when a request for this path has come. */
  arrived(path: string): Promise<void> {
    return this.until(() => this.requests.some((request) => request.path === path));
  }

  /** Answers a request for a path that begins with `/held`. */
  finish(path: string, body = 'held'): void {
    (this.#held.get(path) as ServerResponse).end(body);
  }

  /** The beginning of the answer to such a request. */
  begin(path: string): void {
    (this.#held.get(path) as ServerResponse).write('begun ');
  }

  close(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.open) socket.destroy();
    this.#server.close();
  }
}

function send(asked: Asked, answered: Answered, reply: Reply): void {
  if (reply === 'hang') return;
  if (typeof reply === 'function') {
    reply(asked, answered);
    return;
  }
  const { status, headers = {}, body = '' } = reply;
  answered.statusCode = status;
  for (const [name, value] of Object.entries(headers)) answered.setHeader(name, value);
  asked.resume();
  (answered as ServerResponse).end(body);
}
