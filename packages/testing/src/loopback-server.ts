import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '@holdfast/core';

/** One request that reached a server, and the response to write. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Whether the connection has carried an earlier request. */
  readonly reusedSocket: boolean;
}

/** What a server sends back. */
export interface Answer {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A string goes out as it is, anything else as JSON. Default: nothing. */
  readonly body?: unknown;
}

// Below the range from which systems take the ports of outgoing connections: while the server is down, a client that
// connects to its port can be given that very port to connect from, and then talks to itself.
const LOWEST_PORT = 20_000;
const PORTS = 10_000;

// One after the other: a client may still hold a connection to whoever had a port last.
let next = randomInt(PORTS);

/** An HTTP server on 127.0.0.1 that can go away and come back at the same place. */
export class LoopbackServer {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start(): Promise<LoopbackServer> {
    const server = createServer();
    // A connection is closed when a test says so, and not because the machine was slow.
    server.keepAliveTimeout = 0;
    return new LoopbackServer(server, await listenAnywhere(server));
  }

  /** Has every request answered by `respond`. */
  handle(respond: (exchange: Exchange) => Promise<void>): void {
    const sockets = new WeakSet<Socket>();
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const reusedSocket = sockets.has(request.socket);
      sockets.add(request.socket);
      respond({ request, response, reusedSocket }).catch((error: unknown) => {
        // A client that goes away while its body is read is none of the server's business.
        if (request.destroyed && !request.complete) return;
        if (response.headersSent) response.destroy();
        else send(response, { status: 500, body: `The server's own code failed: ${String(error)}` });
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Stops listening, so that connections are refused, and cuts those there are. */
  async down(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** Listens again, on the same port. */
  async up(): Promise<void> {
    if (!this.#server.listening) await listen(this.#server, this.port);
  }
}

async function listenAnywhere(server: Server): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + next;
    next = (next + 1) % PORTS;
    try {
      await listen(server, port);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

/** The request's whole body as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Answers a request, unless its client is gone. */
export function send(response: ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  response.end(startOf(response, answer));
}

/** Writes everything of an answer but its body, which it returns. */
export function startOf(response: ServerResponse, { status = 200, headers = {}, body }: Answer): Buffer {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const bytes = Buffer.from(text);
  if (body !== undefined) {
    response.setHeader('Content-Type', typeof body === 'string' ? 'text/plain' : 'application/json');
  }
  response.setHeader('Content-Length', bytes.length);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.writeHead(status);
  return bytes;
}

/** Waits, though no longer than the client does. */
export async function pause({ response }: Exchange, delayMs: number, clock: Clock): Promise<void> {
  if (delayMs <= 0) return;
  await new Promise<void>((resolve) => {
    const timer = clock.setTimeout(resolve, delayMs);
    response.once('close', () => {
      timer.cancel();
      resolve();
    });
  });
}
