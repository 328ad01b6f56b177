import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '@holdfast/core';

/** A request that reached the server. */
interface SeenRequest {
  /** Epoch milliseconds on the server's clock. */
  readonly at: number;
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  /** Of what was sent: the server may not have waited for all of it. */
  body: string;
  /** Whether its connection had carried an earlier request. */
  readonly reusedSocket: boolean;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
  readonly clock: Clock;
}

/** What the server does with one request. */
export interface Behaviour {
  readonly name: string;
  /** Whether it has a look at the body first. */
  readonly readsBody: boolean;
  /** Whether nothing more comes from it by itself: only time, or its client, ends it. */
  readonly isSilent: boolean;
  readonly act: (exchange: Exchange) => void;
}

function behaviour(name: string, act: Behaviour['act'], rest: Partial<Behaviour> = {}): Behaviour {
  return { name, readsBody: true, isSilent: false, act, ...rest };
}

/** An answer as it should be. `headers` may depend on the time. */
export function answers(
  status: number,
  headers: Record<string, string> | ((now: number) => Record<string, string>) = {},
): Behaviour {
  return behaviour(`answers ${status}`, ({ response, clock }) => {
    response.writeHead(status, typeof headers === 'function' ? headers(clock.now()) : headers);
    response.end('{}');
  });
}

export const OK: Behaviour = answers(200);

export const resetsUnread: Behaviour = behaviour(
  'resets before the body is read',
  ({ socket }) => socket.resetAndDestroy(),
  { readsBody: false },
);

export const resetsRead: Behaviour = behaviour('resets after the body is read', ({ socket }) =>
  socket.resetAndDestroy(),
);

export const closesUnanswered: Behaviour = behaviour('closes without an answer', ({ socket }) => {
  socket.destroy();
});

export const stallsBeforeHeaders: Behaviour = behaviour('stalls before the headers', () => undefined, {
  isSilent: true,
});

export const stallsAfterHeaders: Behaviour = behaviour(
  'stalls after the headers',
  ({ response }) => {
    response.writeHead(200, { 'content-length': 100 });
    response.flushHeaders();
  },
  { isSilent: true },
);

export const drips: Behaviour = behaviour(
  'drips a byte every 300 ms',
  ({ response, clock }) => {
    response.writeHead(200, { 'content-length': 1_000 });
    response.flushHeaders();
    const drop = () => {
      response.write('.');
      timer = clock.setTimeout(drop, 300);
    };
    let timer = clock.setTimeout(drop, 300);
    response.once('close', () => {
      timer.cancel();
    });
  },
  { isSilent: true },
);

/** The status line and fields of an answer, as they go over the wire. */
const head = (status: string, ...fields: readonly string[]) =>
  [`HTTP/1.1 ${status}`, 'content-type: application/json', ...fields, '', ''].join('\r\n');

export function truncates(status: string): Behaviour {
  return behaviour(`sends half of a ${status}`, ({ socket }) => {
    socket.end(`${head(status, 'content-length: 100')}{"half":`);
  });
}

export const truncatesChunks: Behaviour = behaviour('ends in the middle of a chunk', ({ socket }) => {
  socket.end(`${head('200 OK', 'transfer-encoding: chunked')}ff\r\n{"half":`);
});

export const saysTooMuch: Behaviour = behaviour('sends more than it said', ({ socket }) => {
  socket.write(
    `${head('200 OK', 'content-length: 2')}{}HTTP/1.1 200 OK\r\nx-somebody-else: 1\r\n\r\nsomebody else's`,
  );
});

export const closesPolitely: Behaviour = behaviour('closes after its answer', ({ socket }) => {
  // Without a "Connection: close": the client believes that it can be used again.
  socket.end(`${head('200 OK', 'content-length: 2')}{}`);
});

export function answersUnread(status: number): Behaviour {
  return behaviour(
    `answers ${status} before the body is read`,
    ({ response, request }) => {
      response.writeHead(status, { 'content-length': 2 });
      response.end('{}', () => request.resume());
    },
    { readsBody: false },
  );
}

export const talksGarbage: Behaviour = behaviour('talks no HTTP', ({ socket }) => {
  socket.end('\u0016\u0003\u0001 SSH-2.0-OpenSSH_9.2\r\n\r\n');
});

export const answersTwice: Behaviour = behaviour('has two lengths for one answer', ({ socket }) => {
  socket.end(`${head('200 OK', 'content-length: 2', 'content-length: 4')}{}{}`);
});

export const saysNonsenseLength: Behaviour = behaviour('has no number for a length', ({ socket }) => {
  socket.end(`${head('200 OK', 'content-length: -1')}{}`);
});

/** A server on 127.0.0.1 that does the worst with each request, as a list says; and then answers 200. */
export class HostileServer {
  readonly requests: SeenRequest[] = [];
  /** Requests that it has left alone, and whose client still waits. */
  silent = 0;
  /** Connections that were made to it. */
  connections = 0;
  readonly #server: Server = createServer();
  readonly #clock: Clock;
  readonly #script: Behaviour[];

  private constructor(clock: Clock, script: readonly Behaviour[]) {
    this.#clock = clock;
    this.#script = [...script];
  }

  static async start(clock: Clock, script: readonly Behaviour[]): Promise<HostileServer> {
    const hostile = new HostileServer(clock, script);
    const server = hostile.#server;
    const sockets = new WeakSet<Socket>();
    server.keepAliveTimeout = 0;
    server.on('connection', () => (hostile.connections += 1));
    // Ours to see, and the client's to complain about.
    server.on('clientError', (_error, socket) => socket.destroy());
    server.on('request', (request, response) => {
      const reusedSocket = sockets.has(request.socket);
      sockets.add(request.socket);
      hostile.#take(request, response, reusedSocket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return hostile;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that are open. */
  open(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.getConnections((_error, count) => {
        resolve(count);
      });
    });
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #take(request: IncomingMessage, response: ServerResponse, reusedSocket: boolean): void {
    const { method = '', headers, socket } = request;
    const seen: SeenRequest = { at: this.#clock.now(), method, headers, body: '', reusedSocket };
    this.requests.push(seen);
    // Its clock is the test's: what it says of the time, it says itself.
    response.sendDate = false;
    const next = this.#script.shift() ?? OK;
    const act = () => {
      if (next.isSilent) {
        this.silent += 1;
        response.once('close', () => (this.silent -= 1));
      }
      next.act({ request, response, socket, clock: this.#clock });
    };
    request.on('data', (chunk: Buffer) => (seen.body += chunk.toString()));
    // A client that goes away is none of its business.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    if (next.readsBody) {
      request.once('end', act);
    } else {
      request.pause();
      act();
    }
  }
}
