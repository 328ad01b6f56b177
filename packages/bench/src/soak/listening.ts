import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on 127.0.0.1 that goes away and comes back at the same port. */
export class Listening {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async on(server: Server): Promise<Listening> {
    // A connection is closed when a fault says so, and not because the machine was slow.
    server.keepAliveTimeout = 0;
    server.on('clientError', (_, socket) => socket.destroy());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Listening(server, (server.address() as AddressInfo).port);
  }

  /** Refuses connections, and cuts those there are. */
  async down(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async up(): Promise<void> {
    if (this.#server.listening) return;
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }
}
