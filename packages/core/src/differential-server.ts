// A server on loopback that answers by the path in all the ways in which a service can, and writes down what it got.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { text } from 'node:stream/consumers';

/** A server, and what it got. */
export interface Server {
  readonly url: string;
  /** The same server under another name. */
  readonly otherUrl: string;
  /** What came in with this in `X-Play`. */
  readonly taken: (play: string) => readonly unknown[];
  /** Called when a request is there that will be kept waiting. */
  onWait: () => void;
  readonly close: () => Promise<void>;
}

// What an agent puts there for itself, and what says which connection it is.
const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'x-play']);

const BODY = JSON.stringify({ a: 1, list: ['b', 'c'], text: 'x'.repeat(200) });

type Route = (exchange: {
  readonly response: ServerResponse;
  readonly request: IncomingMessage;
  readonly rest: string;
  readonly server: Server;
}) => void;

const routes: Readonly<Record<string, Route>> = {
  status: ({ response, rest }) => {
    response.writeHead(Number(rest), { 'content-type': 'application/json', 'x-a': ['b', 'c'] });
    response.end(BODY);
  },
  chunked: ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('one ');
    setImmediate(() => {
      response.write('two ');
      setImmediate(() => response.end('three'));
    });
  },
  broken: ({ response }) => response.writeHead(200, { 'content-type': 'application/json' }).end('{broken'),
  empty: ({ response }) => response.writeHead(204).end(),
  gzip: ({ response }) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(BODY)),
  br: ({ response }) => response.writeHead(500, { 'content-encoding': 'br' }).end(brotliCompressSync(BODY)),
  'no-gzip': ({ response }) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('not compressed'),
  redirect: ({ response, rest }) => {
    const left = Number(rest);
    response.writeHead(302, { location: left > 1 ? `/redirect/${left - 1}` : '/status/200' }).end('moved');
  },
  'keep-method': ({ response }) => response.writeHead(307, { location: '/status/201' }).end(),
  away: ({ response, server }) =>
    response.writeHead(301, { location: `${server.otherUrl}/status/200` }).end(),
  nowhere: ({ response }) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  reset: ({ request }) => request.socket.destroy(),
  'reset-hard': ({ request }) => request.socket.resetAndDestroy(),
  cut: ({ response, request }) => {
    response.writeHead(200, { 'content-length': 1_000 });
    response.write('half', () => request.socket.destroy());
  },
  'cut-failure': ({ response, request }) => {
    response.writeHead(503, { 'content-length': 1_000 });
    response.write('half', () => request.socket.destroy());
  },
  garbage: ({ request }) => request.socket.end('no HTTP at all\r\n\r\n'),
  hang: ({ server }) => {
    server.onWait();
  },
  stall: ({ response, server }) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('one ', () => {
      server.onWait();
    });
  },
};

/** The first parts of the paths it knows. */
export const ROUTES: readonly string[] = Object.keys(routes);

/** Starts it. */
export async function startServer(): Promise<Server> {
  const seen = new Map<string, unknown[]>();
  const http = createServer((request, response) => {
    response.sendDate = false;
    const got: Record<string, unknown> = {
      method: request.method,
      url: request.url,
      headers: headersOf(request),
    };
    const play = String(request.headers['x-play']);
    seen.set(play, [...(seen.get(play) ?? []), got]);
    const [, name = '', rest = ''] = /^\/([^/?]*)\/?([^?]*)/.exec(request.url ?? '') ?? [];
    text(request).then(
      (body) => {
        got['body'] = withoutBoundary(body);
        (routes[name] ?? routes['broken'])?.({ request, response, rest, server });
      },
      () => {
        got['body'] = 'cut';
      },
    );
  });
  http.keepAliveTimeout = 0;
  http.listen(0);
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const server: Server = {
    url: `http://127.0.0.1:${port}`,
    otherUrl: `http://localhost:${port}`,
    taken: (play) => {
      const taken = seen.get(play) ?? [];
      seen.delete(play);
      return taken;
    },
    onWait: () => undefined,
    close: async () => {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
  return server;
}

function headersOf({ headers }: IncomingMessage): unknown {
  const entries = Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.has(name));
  return entries.map(([name, value]) => [name, withoutBoundary(String(value))]);
}

/** Drawn anew for each form. */
function withoutBoundary(body: string): string {
  const [boundary] = /(?<=boundary=)[^\s;]+/.exec(body) ?? /^-{2,}[^\r\n]+/.exec(body) ?? [];
  return boundary === undefined ? body : body.replaceAll(boundary.replace(/^--/, ''), 'B');
}
