import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server saw of a request. */
export interface SeenBody {
  readonly text: string;
  readonly type: string | undefined;
  readonly length: string | undefined;
  readonly chunked: boolean;
}

/** A server on loopback. */
export interface BodyServer {
  readonly url: string;
  readonly close: () => void;
}

export async function serve(listener: RequestListener): Promise<BodyServer> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Reads a request to its end. */
export async function seenBody(request: IncomingMessage): Promise<SeenBody> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { 'content-type': type, 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return { text: Buffer.concat(chunks).toString('latin1'), type, length, chunked: encoding === 'chunked' };
}
