import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestFault } from './fault-names.js';

/** One request at a server, and the answer that it would have. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The id of the call's request. */
  readonly id: string;
  /** As JSON, or as it is downloaded. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Where a redirect leads. */
  readonly elsewhere: string;
}

/** What is done instead of an answer, and whether the service has done its work by then. */
interface RequestFaultKind {
  readonly when: 'unread' | 'before acting' | 'after acting';
  readonly act: (exchange: Exchange) => void;
}

const before = (act: RequestFaultKind['act']): RequestFaultKind => ({ when: 'before acting', act });
const after = (act: RequestFaultKind['act']): RequestFaultKind => ({ when: 'after acting', act });

const status =
  (code: number, headers: () => Record<string, string> = () => ({})) =>
  ({ response, id }: Exchange): void => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers() });
    response.end(JSON.stringify({ id }));
  };

const forSeconds = (): Record<string, string> => ({ 'retry-after': '1' });
const untilDate = (): Record<string, string> => ({
  'retry-after': new Date(Date.now() + 1_000).toUTCString(),
});

/** The start of an answer as it goes over the wire. */
const head = (...fields: readonly string[]): string => ['HTTP/1.1 200 OK', ...fields, '', ''].join('\r\n');

const writing =
  (text: (exchange: Exchange) => string) =>
  (exchange: Exchange): void => {
    exchange.request.socket.end(text(exchange));
  };

const half = (body: string): string => body.slice(0, Math.ceil(body.length / 2));

/** A TLS connection cannot be reset by its owner. */
function reset(socket: Socket): void {
  if ('encrypted' in socket) socket.destroy();
  else socket.resetAndDestroy();
}

function startBody({ response, body, headers }: Exchange, then: () => void = () => undefined): void {
  response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.write(half(body), then);
}

/** Calls it, unless the client has gone by then. */
function later({ response }: Exchange, delayMs: number, callback: () => void): void {
  const timer = setTimeout(callback, delayMs);
  response.once('close', () => {
    clearTimeout(timer);
  });
}

function drip(exchange: Exchange, sent: number): void {
  const { response, body } = exchange;
  const size = Math.ceil(body.length / 5);
  response.write(body.slice(sent, sent + size));
  if (sent + size >= body.length) response.end();
  else
    later(exchange, 60, () => {
      drip(exchange, sent + size);
    });
}

export const REQUEST_FAULT_KINDS: Readonly<Record<RequestFault, RequestFaultKind>> = {
  'answers 500': after(status(500)),
  'answers 502': after(status(502)),
  'answers 503': before(status(503)),
  'answers 504': after(status(504)),
  '429 for seconds': before(status(429, forSeconds)),
  '429 until a date': before(status(429, untilDate)),
  '503 for seconds': before(status(503, forSeconds)),
  '503 until a date': before(status(503, untilDate)),
  '401 without claims': before(status(401, () => ({ 'www-authenticate': 'Bearer error="invalid_token"' }))),
  'resets before it has read': {
    when: 'unread',
    act: ({ request }) => {
      reset(request.socket);
    },
  },
  'resets before its headers': after(({ request }) => {
    reset(request.socket);
  }),
  'resets in its body': after((exchange) => {
    startBody(exchange, () => {
      reset(exchange.request.socket);
    });
  }),
  'ends in its body': after(
    writing(({ body }) => head(`content-length: ${Buffer.byteLength(body)}`) + half(body)),
  ),
  'ends in a chunk': after(
    writing(({ body }) => `${head('transfer-encoding: chunked')}fffff\r\n${half(body)}`),
  ),
  'stalls before its headers': after(() => undefined),
  'stalls in its body': after(startBody),
  'answers slowly': after((exchange) => {
    const { response, headers, body } = exchange;
    later(exchange, 400, () => response.writeHead(200, headers).end(body));
  }),
  'drips its body': after((exchange) => {
    exchange.response.writeHead(200, exchange.headers);
    drip(exchange, 0);
  }),
  'says too short a length': after(
    writing(({ body }) => head(`content-length: ${Buffer.byteLength(body) - 2}`) + body),
  ),
  'says two lengths': after(
    writing(({ body }) => `${head('content-length: 2', 'content-length: 4')}${body}`),
  ),
  'talks no HTTP': after(writing(() => '\u0016\u0003\u0001 SSH-2.0-OpenSSH_9.2\r\n\r\n')),
  'answers garbage': after(({ response, id }) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(`<html>${id}`);
  }),
  'has huge headers': after(({ response, headers, body }) => {
    response.writeHead(200, { ...headers, 'x-huge': 'x'.repeat(40_000) }).end(body);
  }),
  'redirects elsewhere': before(({ response, elsewhere, id }) => {
    response.writeHead(302, { location: `${elsewhere}/${id}` }).end();
  }),
  'closes an idle connection': after(
    // It does not say so: the client believes that it can be used again.
    writing(
      ({ body, headers }) =>
        head(
          `content-length: ${Buffer.byteLength(body)}`,
          ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
        ) + body,
    ),
  ),
};
