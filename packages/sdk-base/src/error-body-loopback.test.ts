import { manualClock, type ManualClock } from '@holdfast/testing';
import axios from 'axios';
import { once } from 'node:events';
import { Agent, createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { failureOf } from './made-answers.js';
import { NotFoundError, toStatusError } from './status-errors.js';

const PROBLEM = { 'content-type': 'application/problem+json' };
const text = JSON.stringify({ title: 'Not Found', status: 404, detail: 'No such order' });

let clock: ManualClock;
let server: Server;
let agent: Agent;
let url: string;
let answer: (response: ServerResponse) => void;
let closed: Promise<unknown>;
let connections: number;

beforeEach(async () => {
  clock = manualClock({ fakeGlobals: false });
  agent = new Agent({ keepAlive: true });
  connections = 0;
  server = createServer((_request, response) => {
    closed = once(response, 'close');
    response.writeHead(404, PROBLEM);
    answer(response);
  });
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterEach(async () => {
  agent.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function failed(adapter: string, responseType: 'stream' | 'arraybuffer' | 'blob'): Promise<unknown> {
  return failureOf(axios.get(url, { adapter, responseType, httpAgent: agent }));
}

describe.each(['http', 'fetch'])('a download that is refused (%s adapter)', (adapter) => {
  it.each(['stream', 'arraybuffer'] as const)('says why, asked for as %s', async (responseType) => {
    answer = (response) => response.end(text);
    const error = await toStatusError(await failed(adapter, responseType), clock);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ problem: { title: 'Not Found', detail: 'No such order' } });
    expect(clock.pending).toBe(0);
  });

  it('without an end has its connection closed after five seconds', async () => {
    answer = (response) => response.write(text.slice(0, 9));
    const told = toStatusError(await failed(adapter, 'stream'), clock);
    await clock.advance(5_000);
    expect(await told).toBeInstanceOf(NotFoundError);
    await closed;
  });

  it('with a page of megabytes has its connection closed', async () => {
    answer = (response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      };
      response.on('drain', more);
      more();
    };
    const error = await toStatusError(await failed(adapter, 'stream'), clock);
    expect(error).toHaveProperty('response.data', 'x'.repeat(65_536));
    await closed;
  });

  it('whose connection breaks off says what has come', async () => {
    answer = (response) => {
      response.write(text.slice(0, 9), () => response.destroy());
    };
    const error = await toStatusError(await failed(adapter, 'stream'), clock);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(text).toContain((error as NotFoundError).response.data as string);
  });
});

it('a Blob of the fetch adapter says why', async () => {
  answer = (response) => response.end(text);
  const error = await toStatusError(await failed('fetch', 'blob'), clock);
  expect(error).toMatchObject({ name: 'NotFoundError', problem: { detail: 'No such order' } });
});

it('the connection of a refused download carries the next one', async () => {
  answer = (response) => response.end(text);
  for (let call = 0; call < 3; call += 1) await toStatusError(await failed('http', 'stream'), clock);
  expect(connections).toBe(1);
});
