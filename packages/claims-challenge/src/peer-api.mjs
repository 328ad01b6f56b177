// What the peers are run against: an API on loopback that refuses tokens, an origin beside it, and a source of tokens.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

async function listen(answer) {
  const server = createServer((request, response) => {
    // A client that lets go of a request half-way is no business of the API's.
    answer(request, response).catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${server.address().port}` };
}

/** By token, how many requests came with it. */
function count(counts, { headers }) {
  const token = headers.authorization?.replace(/^Bearer /, '') ?? 'none';
  counts[token] = (counts[token] ?? 0) + 1;
  return token;
}

/**
 * `refuses(token)` is the WWW-Authenticate field a request is refused with: a line, or several; `undefined`, and it is answered.
 * `/moved` leads to the other origin, which refuses everything with the same field.
 */
export async function startApi(refuses) {
  const api = { refuses, status: 401, sent: {}, sentElsewhere: {}, bodies: [], held: undefined };
  const refuse = (response, field) => response.writeHead(api.status, { 'www-authenticate': field }).end();

  const elsewhere = await listen(async (request, response) => {
    count(api.sentElsewhere, request);
    refuse(response, api.refuses('none'));
  });
  const own = await listen(async (request, response) => {
    const token = count(api.sent, request);
    const body = await text(request);
    if (body !== '' || request.method === 'POST') api.bodies.push(body);
    if (request.url === '/moved') {
      response.writeHead(302, { location: `${elsewhere.url}/7` }).end();
      return;
    }
    const field = api.refuses(token);
    if (field === undefined) {
      response.end();
      return;
    }
    if (api.held !== undefined) await api.held(request.url);
    refuse(response, field);
  });

  api.url = own.url;
  api.stop = () => {
    for (const { server } of [own, elsewhere]) {
      server.closeAllConnections();
      server.close();
    }
  };
  return api;
}

/** Refusals wait until there are so many, and then for `release(path)`. */
export function hold(api, number) {
  const releases = new Map();
  let arrived;
  const all = new Promise((resolve) => (arrived = resolve));
  api.held = (path) =>
    new Promise((resolve) => {
      releases.set(path, resolve);
      if (releases.size < number) return;
      api.held = undefined;
      arrived();
    });
  return { all, release: (path) => releases.get(path)() };
}

const FAR_FUTURE = Date.UTC(2100, 0, 1);

function isObject(json) {
  try {
    const value = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** A credential as one on MSAL is: it holds its token, and asks for another one only with claims it can read, or when forced to. */
export function startSource() {
  const claimsOfTokens = [];
  const asked = [];
  return {
    /** The claims it was called with. */
    asked,
    claimsOf: (token) => claimsOfTokens[Number(token.slice('t-'.length)) - 1],
    get tokenRequests() {
      return claimsOfTokens.length;
    },
    /** What every token request waits for. */
    held: undefined,
    async getToken(_scopes, { claims, forceRefresh = false } = {}) {
      if (claims !== undefined) asked.push(claims);
      const readable = isObject(claims) ? claims : undefined;
      if (claimsOfTokens.length === 0 || readable !== undefined || forceRefresh)
        claimsOfTokens.push(readable ?? '');
      const token = `t-${claimsOfTokens.length}`;
      await this.held;
      return { token, expiresOnTimestamp: FAR_FUTURE };
    },
  };
}
