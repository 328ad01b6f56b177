import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** How a proxy treats a request, or a request for a tunnel. */
export type Manner = 'forwards' | 'asks for a password' | 'cannot reach the API';

const REFUSALS: Readonly<Record<Exclude<Manner, 'forwards'>, number>> = {
  'asks for a password': 407,
  'cannot reach the API': 502,
};

/** A proxy on 127.0.0.1 that forwards plain HTTP, makes tunnels, and keeps all that it could read. */
export class LoopbackProxy {
  manner: Manner = 'forwards';
  /** The targets of the tunnels that it was asked for. */
  readonly tunnels: string[] = [];
  /** The URLs that it was asked to forward a request to. */
  readonly forwarded: string[] = [];
  /** Who asked, as far as they said. */
  readonly passwords: string[] = [];
  readonly #read: Buffer[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server = http.createServer();
  readonly #agent = new http.Agent();

  private constructor() {
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('data', (chunk: Buffer) => this.#read.push(chunk));
      socket.on('error', () => undefined);
    });
    this.#server.on('request', (request, response) => {
      this.forwarded.push(request.url ?? '');
      this.#meet(request);
      if (this.manner !== 'forwards') {
        response.writeHead(REFUSALS[this.manner]).end('the proxy says no');
        return;
      }
      const { method, headers } = request;
      const onward = http.request(request.url ?? '', {
        method: method ?? 'GET',
        headers,
        agent: this.#agent,
      });
      onward.on('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    });
    this.#server.on('connect', (request: IncomingMessage, client: Socket) => {
      this.tunnels.push(request.url ?? '');
      this.#meet(request);
      if (this.manner !== 'forwards') {
        client.end(`HTTP/1.1 ${REFUSALS[this.manner]} No\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      const { hostname, port } = new URL(`http://${request.url ?? ''}`);
      const target = connect(Number(port), hostname, () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        client.on('data', (chunk: Buffer) => this.#read.push(chunk));
        client.pipe(target).pipe(client);
      });
      this.#sockets.add(target);
      target.on('error', () => client.destroy());
    });
  }

  static async start(): Promise<LoopbackProxy> {
    const proxy = new LoopbackProxy();
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Every byte that clients have sent through it. */
  get read(): string {
    return Buffer.concat(this.#read).toString('latin1');
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#agent.destroy();
    this.#server.close();
  }

  #meet({ headers }: IncomingMessage): void {
    const basic = /^Basic (.+)$/.exec(headers['proxy-authorization'] ?? '')?.[1];
    if (basic !== undefined) this.passwords.push(Buffer.from(basic, 'base64').toString());
  }
}
