// An API and an identity provider on loopback, for the tests that hold that a token shows nowhere: all the ways a call can end.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import axios from 'axios';
import type { TokenCredential } from '@holdfast/token';

const part = (text: string): string => Buffer.from(text).toString('base64url');
const tokenOf = (number: number): string =>
  [
    `{"alg":"RS256","kid":"key-${number}"}`,
    `{"aud":"api://orders","jti":"id-${number}"}`,
    `signature number ${number}`,
  ]
    .map(part)
    .join('.');

const CLIENT_SECRET = 'the-secret-of-the-client';
const TOKENS: readonly string[] = [tokenOf(1), tokenOf(2)];

/** Each in every shape in which it can turn up. */
export const SECRETS: readonly string[] = [
  ...TOKENS.flatMap((token) => [
    token,
    ...token.split('.'),
    Buffer.from(token).toString('base64'),
    part(token),
  ]),
  CLIENT_SECRET,
  Buffer.from(CLIENT_SECRET).toString('base64'),
];

/** The API and the identity provider. */
export interface Stage {
  readonly url: string;
  /** How many requests came in with a token. */
  readonly carried: () => number;
  /** Asks the identity provider by axios, as credentials do; it gives so many tokens, and then refuses. */
  readonly credential: (options?: { readonly tokens?: number }) => TokenCredential;
  /** Called when a request is there that will be kept waiting. */
  onWait: () => void;
  readonly close: () => Promise<void>;
}

const CLAIMS = part('{"access_token":{"nbf":{"essential":true,"value":"1"}}}');

/** Starts both. */
export async function startStage(): Promise<Stage> {
  let carried = 0;
  let flaky = 0;
  const server = createServer((request, response) => {
    request.resume();
    if (request.headers.authorization !== undefined) carried += 1;
    const [, route = '', rest = ''] = /^\/([^/?]*)\/?(.*)/.exec(request.url ?? '') ?? [];
    if (route === 'flaky' && (flaky += 1) % 2 === 0) response.end('body');
    else answer(route, rest, { request, response, stage });
  });
  server.keepAliveTimeout = 0;
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stage: Stage = {
    url: `http://127.0.0.1:${port}`,
    carried: () => carried,
    credential: ({ tokens = Infinity } = {}) => {
      let asked = 0;
      return {
        async getToken() {
          asked += 1;
          const route = asked > tokens ? 'token-fails' : `token/${Math.min(asked, 2)}`;
          const form = new URLSearchParams({
            grant_type: 'client_credentials',
            client_secret: CLIENT_SECRET,
          });
          const { data } = await axios.post<{ readonly access_token: string }>(`${stage.url}/${route}`, form);
          return { token: data.access_token, expiresOnTimestamp: Date.UTC(2100, 0, 1) };
        },
      };
    },
    onWait: () => undefined,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return stage;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly stage: Stage;
}

function answer(route: string, rest: string, { request, response, stage }: Exchange): void {
  const challenge = `Bearer error="insufficient_claims", claims="${CLAIMS}"`;
  const isFirst = request.headers.authorization === `Bearer ${TOKENS[0] ?? ''}`;
  if (route === 'token') response.end(JSON.stringify({ access_token: TOKENS[Number(rest) - 1] }));
  else if (route === 'token-fails') response.writeHead(400).end('{"error":"invalid_client"}');
  else if (route === 'status') response.writeHead(Number(rest)).end('{"a":1}');
  else if (route === 'text') response.end('no JSON');
  else if (route === 'chunked') response.writeHead(200).write('one ', () => response.end('two'));
  else if (route === 'flaky') response.writeHead(503).end();
  else if (route === 'throttled') response.writeHead(429, { 'retry-after': '60' }).end();
  else if (route === 'redirect') response.writeHead(302, { location: '/status/200' }).end();
  else if (route === 'away')
    response.writeHead(302, { location: `${stage.url.replace('127.0.0.1', 'localhost')}/status/200` }).end();
  else if (route === 'reset') request.socket.destroy();
  else if (route === 'cut')
    response.writeHead(200, { 'content-length': 99 }).write('half', () => request.socket.destroy());
  else if (route === 'challenged')
    response.writeHead(isFirst ? 401 : 200, { 'www-authenticate': challenge }).end();
  else if (route === 'always-challenged') response.writeHead(401, { 'www-authenticate': challenge }).end();
  else if (route === 'stall')
    response.writeHead(200).write('half', () => {
      stage.onWait();
    });
  else stage.onWait();
}
