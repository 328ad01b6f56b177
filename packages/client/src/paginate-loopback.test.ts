import { staticCredential } from '@holdfast/testing';
import axios from 'axios';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServiceClient, paginate, type PaginateOptions } from './index.js';

type Answer = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

const servers: Server[] = [];

/** A server on loopback, and what it has seen. */
async function serve(answer: Answer) {
  const seen: string[] = [];
  const tokens = new Set<string | undefined>();
  const server = createServer((request, response) => {
    seen.push(request.url ?? '');
    tokens.add(request.headers.authorization);
    answer(request, response, new URL(request.url ?? '', `http://${request.headers.host ?? ''}`));
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, tokens };
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

function clientOf(origin: string, adapter = 'http') {
  return createServiceClient({
    name: 'api',
    baseURL: `${origin}/v1`,
    credential: staticCredential('a-secret-token'),
    scopes: ['api://api/.default'],
    retry: { baseDelayMs: 0 },
    axios: { adapter },
  });
}

const json = (response: ServerResponse, body: unknown, headers = {}) =>
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

const LAST = 4;
const STYLES: Readonly<Record<string, readonly [Answer, PaginateOptions<number>]>> = {
  '@odata.nextLink': [
    (_, response, url) => {
      const page = Number(url.searchParams.get('page') ?? 1);
      const next = page < LAST && { '@odata.nextLink': `${url.origin}/v1/numbers?page=${page + 1}` };
      json(response, { value: [page], ...next });
    },
    {},
  ],
  'the Link header': [
    (_, response, url) => {
      const page = Number(url.searchParams.get('page') ?? 1);
      const lines = [`<?page=1>; rel="first"`, `<?page=${page + 1}>; rel="next"`];
      json(response, [page], { link: page < LAST ? lines : lines[0] });
    },
    {},
  ],
  'a cursor': [
    (_, response, url) => {
      const page = Number(url.searchParams.get('cursor') ?? 1);
      json(response, { items: [page], next_cursor: page < LAST ? String(page + 1) : null });
    },
    { cursor: { param: 'cursor', from: 'next_cursor' } },
  ],
};

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

describe.each(['http', 'fetch'])('over the %s adapter', (adapter) => {
  it.each(Object.entries(STYLES))('all pages come by %s, with a token', async (_, [answer, options]) => {
    const { origin, seen, tokens } = await serve(answer);
    const numbers = await all(paginate<number>(clientOf(origin, adapter), '/numbers', options));
    expect(numbers).toEqual([1, 2, 3, 4]);
    expect(seen).toHaveLength(LAST);
    expect([...tokens]).toEqual(['Bearer a-secret-token']);
  });

  it.each(Object.entries(STYLES))(
    'a failure and a throttle in the middle are waited for, and no item comes twice: %s',
    async (_, [answer, options]) => {
      const { origin, seen } = await serve((request, response, url) => {
        if (seen.length === 2) response.writeHead(503).end();
        else if (seen.length === 4) response.writeHead(429, { 'retry-after': '0' }).end();
        else answer(request, response, url);
      });
      const numbers = await all(paginate<number>(clientOf(origin, adapter), '/numbers', options));
      expect(numbers).toEqual([1, 2, 3, 4]);
      expect(seen).toHaveLength(LAST + 2);
    },
  );

  it('a link to another server is not followed: that one sees nothing', async () => {
    const evil = await serve((_, response) => json(response, { value: [] }));
    const api = await serve((_, response) =>
      json(response, { value: [1], nextLink: `${evil.origin}/v1/numbers` }),
    );
    const bare = axios.create({ baseURL: `${api.origin}/v1`, adapter });
    for (const client of [clientOf(api.origin, adapter), bare]) {
      const read = all(paginate(client, '/numbers', { headers: { 'x-api-key': 'a-secret-key' } }));
      await expect(read).rejects.toHaveProperty('code', 'ERR_TOKEN_ORIGIN');
    }
    expect(api.seen).toHaveLength(2);
    expect(evil.seen).toHaveLength(0);
  });

  it('a link is relative to where a redirect has led', async () => {
    const { origin, seen } = await serve((_, response, url) => {
      if (url.pathname === '/v1/numbers') response.writeHead(302, { location: '/v1/eu/numbers' }).end();
      else if (url.search === '') json(response, { value: [1], nextLink: 'numbers?page=2' });
      else json(response, { value: [2] });
    });
    await expect(all(paginate(clientOf(origin, adapter), '/numbers'))).resolves.toEqual([1, 2]);
    expect(seen).toEqual(['/v1/numbers', '/v1/eu/numbers', '/v1/eu/numbers?page=2']);
  });
});
