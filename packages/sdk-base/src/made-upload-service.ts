import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it has come, whole. */
export interface Received {
  readonly method: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A service on loopback. */
export interface UploadService extends AsyncDisposable {
  readonly received: readonly Received[];
  readonly baseURL: string;
}

/** A service that keeps what it gets, and answers with a status for each. */
export async function startUploadService(statuses: readonly number[]): Promise<UploadService> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const { method, headers } = request;
      received.push({ method, headers, body: Buffer.concat(pieces).toString() });
      response.writeHead(statuses[received.length - 1] ?? 201).end('{"id":7}');
    })().catch(() => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    received,
    baseURL: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
