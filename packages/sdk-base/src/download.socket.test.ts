import { staticCredential } from '@holdfast/testing';
import { withCredential } from '@holdfast/client';
import fc from 'fast-check';
import { getEventListeners } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { startDownload } from './download.js';
import { readAll, transferStage } from './made-transfer-client.js';
import { served } from './made-transfer-content.js';

type Answer = (request: IncomingMessage, response: ServerResponse, number: number) => void;

async function startService(answer: Answer) {
  let requests = 0;
  const sockets = new Set<Socket>();
  let close: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (close = resolve));
  const server = createServer((request, response) => {
    requests += 1;
    // Of those that carry a request: fetch may open one more than it then needs.
    sockets.add(request.socket);
    request.socket.once('close', close);
    answer(request, response, requests);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    closed,
    counts: () => ({ requests, connections: sockets.size }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends some bytes of what is asked for, and then resets the connection. */
function sendUpTo(content: Buffer, most: number, request: IncomingMessage, response: ServerResponse): void {
  const { headers } = request;
  const asked = { range: headers.range, 'if-range': headers['if-range'] as string | undefined };
  const { status, headers: told, body } = served({ bytes: content, etag: '"v1"' }, asked);
  response.writeHead(status, told);
  if (most >= body.length) response.end(body);
  else if (most === 0) response.flushHeaders();
  if (most < body.length) response.write(body.subarray(0, most), () => request.socket.resetAndDestroy());
}

describe.each(['http', 'fetch'])('a download (%s adapter)', (adapter) => {
  const stageAt = (baseURL: string) => transferStage({ baseURL, axios: { adapter } });

  it('whose connections are reset anywhere comes whole, each byte once', async () => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 31 + (at >> 8)) & 255));
    const cuts = fc.array(fc.nat(content.length), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(cuts, async (lengths) => {
        await using service = await startService((request, response, number) => {
          sendUpTo(content, lengths[number - 1] ?? content.length, request, response);
        });
        const { connection, ended } = stageAt(service.baseURL);
        // A reset may overtake what was sent before it: also its headers.
        const begun = await ended(startDownload(connection, '/x', { resumes: 10 })).catch(() => undefined);
        if (begun === undefined) return;
        const { bytes, error } = await ended(readAll(begun.data));
        expect(error).toBeUndefined();
        expect(bytes.equals(content)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('that stands still goes on in another connection', async () => {
    const content = Buffer.from('0123456789');
    await using service = await startService((request, response, number) => {
      const { headers } = request;
      const asked = { range: headers.range, 'if-range': headers['if-range'] as string | undefined };
      const { status, headers: told, body } = served({ bytes: content, etag: '"v1"' }, asked);
      response.writeHead(status, told);
      if (number === 1) response.write(body.subarray(0, 4));
      else response.end(body);
    });
    const { connection, clock, ended } = stageAt(service.baseURL);
    const { data } = await startDownload(connection, '/x', { stallMs: 1_000 });
    const pieces = data[Symbol.asyncIterator]();
    expect(String((await pieces.next()).value)).toBe('0123');
    const next = pieces.next();
    await clock.advance(1_000);
    expect(String((await ended(next)).value)).toBe('456789');
    expect(service.counts()).toEqual({ requests: 2, connections: 2 });
  });

  it('that nothing can be done for ends with the stall', async () => {
    await using service = await startService((_request, response) => response.write('begun'));
    const { connection, clock } = stageAt(service.baseURL);
    const { data } = await startDownload(connection, '/x', { stallMs: 1_000 });
    const pieces = data[Symbol.asyncIterator]();
    await pieces.next();
    const stalled = expect(pieces.next()).rejects.toMatchObject({
      name: 'AttemptTimeoutError',
      code: 'ERR_ATTEMPT_TIMEOUT',
    });
    await clock.advance(1_000);
    await stalled;
  });

  it('that is left closes its connection, read or not, and leaves no listener', async () => {
    for (const reads of [0, 1]) {
      await using service = await startService((_request, response) => response.write('begun'));
      const { connection, clock } = stageAt(service.baseURL);
      const { signal } = new AbortController();
      const { data } = await startDownload(connection, '/x', { signal });
      if (reads === 0) data.stream.destroy();
      else for await (const piece of data) if (piece.length > 0) break;
      await service.closed;
      await clock.settle();
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
      expect(clock.pendingRef).toBe(0);
    }
  });

  it('that its caller gives up ends at once with what he gave as the reason', async () => {
    await using service = await startService((_request, response) => response.write('begun'));
    const { connection } = stageAt(service.baseURL);
    const controller = new AbortController();
    const { data } = await startDownload(connection, '/x', { signal: controller.signal });
    const pieces = data[Symbol.asyncIterator]();
    await pieces.next();
    const mine = new Error('the user has left');
    const next = expect(pieces.next()).rejects.toMatchObject({ code: 'ERR_CANCELED', cause: mine });
    controller.abort(mine);
    await next;
    await service.closed;
  });

  it('that is whole leaves its connection to the next', async () => {
    await using service = await startService((_request, response) => response.end('0123456789'));
    const { connection, ended } = stageAt(service.baseURL);
    for (let turn = 0; turn < 3; turn += 1) {
      const { data } = await startDownload(connection, '/x');
      expect(String((await ended(readAll(data))).bytes)).toBe('0123456789');
    }
    expect(service.counts()).toEqual({ requests: 3, connections: 1 });
  });

  it('that comes packed all the same is unpacked, and has no size', async () => {
    await using service = await startService((_request, response) => {
      const body = gzipSync('0123456789'.repeat(100));
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': String(body.length) });
      response.end(body);
    });
    const { connection, ended } = stageAt(service.baseURL);
    const { data } = await startDownload(connection, '/x');
    expect(data.size).toBeUndefined();
    expect((await ended(readAll(data))).bytes).toHaveLength(1_000);
  });

  it('that comes packed and breaks off ends with that', async () => {
    await using service = await startService((request, response) => {
      const body = gzipSync('0123456789'.repeat(100));
      const headers = { 'accept-ranges': 'bytes', etag: '"v1"', 'content-encoding': 'gzip' };
      response.writeHead(200, { ...headers, 'content-length': String(body.length) });
      response.write(body.subarray(0, body.length - 10), () => setImmediate(() => request.socket.destroy()));
    });
    const { connection, ended } = stageAt(service.baseURL);
    const { data } = await startDownload(connection, '/x', { resumes: 0 });
    const { error } = await ended(readAll(data));
    expect(error).toMatchObject({ code: 'ERR_DOWNLOAD_BROKEN' });
  });

  it('holds its service up while nobody reads', async () => {
    const LENGTH = 64 * 2 ** 20;
    let written = 0;
    await using service = await startService((_request, response) => {
      const piece = Buffer.alloc(2 ** 16);
      const write = () => {
        while (written < LENGTH) {
          written += piece.length;
          if (!response.write(piece)) return;
        }
        response.end();
      };
      response.on('drain', write);
      write();
    });
    const { connection, clock } = stageAt(service.baseURL);
    const { data } = await startDownload(connection, '/x');
    await data[Symbol.asyncIterator]().next();
    let still = 0;
    for (let before = written; still < 20; before = written) {
      await clock.settle();
      still = written === before ? still + 1 : 0;
    }
    expect(written).toBeLessThan(LENGTH / 2);
    data.stream.destroy();
  });

  it('goes on as the user for whom it began, whoever reads it', async () => {
    const content = Buffer.from('0123456789');
    const tokens: unknown[] = [];
    await using service = await startService((request, response, number) => {
      tokens.push(request.headers.authorization);
      sendUpTo(content, number === 1 ? 0 : 10, request, response);
    });
    const { connection, ended } = transferStage({
      baseURL: service.baseURL,
      scopes: 'api://files/.default',
      credential: staticCredential('app'),
      axios: { adapter },
    });
    const begun = await withCredential(staticCredential('ana'), () => startDownload(connection, '/x'));
    const read = withCredential(staticCredential('bob'), () => readAll(begun.data));
    expect(String((await ended(read)).bytes)).toBe('0123456789');
    expect(tokens).toEqual(['Bearer ana', 'Bearer ana']);
  });
});
