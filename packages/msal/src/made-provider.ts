import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What every application needs to ask a {@link MadeProvider}. */
export interface MadeApplication {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly authority: string;
  readonly authorityMetadata: string;
  readonly random: () => number;
}

/** A token endpoint that answers with whatever a test says, on loopback, and knows its sockets. */
export class MadeProvider {
  readonly requests: IncomingMessage[] = [];
  readonly sockets: Set<Socket> = new Set<Socket>();
  readonly #server = createServer();

  private constructor(respond: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#server.keepAliveTimeout = 0;
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.requests.push(request);
      this.sockets.add(request.socket);
      request.resume();
      request.once('end', () => {
        respond(request, response);
      });
    });
  }

  static async start(
    respond: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<MadeProvider> {
    const provider = new MadeProvider(respond);
    provider.#server.listen(0, '127.0.0.1');
    await once(provider.#server, 'listening');
    return provider;
  }

  /** Answers every request with this status, these headers and this body. */
  static answering(
    status: number,
    body: string | object,
    headers: Record<string, string> = {},
  ): Promise<MadeProvider> {
    return MadeProvider.start((_, response) => {
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  }

  get app(): MadeApplication {
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    const authority = 'https://login.microsoftonline.com/contoso';
    return {
      tenantId: 'contoso',
      clientId: 'b02f6a8e-5e0c-4f0b-8d53-2f7c9e1a6b34',
      clientSecret: 'for-nobody-else',
      authority,
      authorityMetadata: JSON.stringify({
        issuer: `${authority}/v2.0`,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        jwks_uri: `${url}/keys`,
      }),
      random: () => 0,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
