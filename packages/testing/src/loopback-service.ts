import type { LoopbackServer } from './loopback-server.js';

/** What runs on a server on loopback. It goes away and comes back as a test says. */
export abstract class LoopbackService implements AsyncDisposable {
  readonly #server: LoopbackServer;

  constructor(server: LoopbackServer) {
    this.#server = server;
  }

  get url(): string {
    return this.#server.url;
  }

  down(): Promise<void> {
    return this.#server.down();
  }

  up(): Promise<void> {
    return this.#server.up();
  }

  close(): Promise<void> {
    return this.#server.down();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
