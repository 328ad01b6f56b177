import type { AttemptTimeoutError } from '@holdfast/core';
import type { AxiosRequestConfig } from 'axios';
import type { IncomingMessage } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { attemptTimeout } from './index.js';
import { advanceUntilSettled, startLoopback } from './made-transfers.js';

const BYTES = Buffer.alloc(12 * 2 ** 20, 'abcdefghi');

function* pieces(): Generator<Buffer> {
  for (let at = 0; at < BYTES.length; at += 65_536) yield BYTES.subarray(at, at + 65_536);
}

function formOf(bytes: Buffer): FormData {
  const form = new FormData();
  form.append('note', 'a text');
  form.append('file', new File([new Uint8Array(bytes)], 'a.bin', { type: 'image/png' }));
  return form;
}

const webStream = () => Readable.toWeb(Readable.from(pieces())) as ReadableStream<Uint8Array>;

const BODIES: Record<string, () => AxiosRequestConfig> = {
  'a buffer': () => ({ data: BYTES }),
  'a text': () => ({ data: BYTES.toString() }),
  'a Blob': () => ({ data: new Blob([BYTES]) }),
  'a FormData': () => ({ data: formOf(BYTES) }),
  'a stream': () => ({ data: Readable.from(pieces()) }),
  'a web stream': () => ({ data: webStream() }),
  'a stream that is made': () => ({ holdfast: { body: () => Readable.from(pieces()) } }),
  'a web stream that is made': () => ({ holdfast: { body: () => webStream() } }),
};
const CASES = ['http', 'fetch'].flatMap((adapter) =>
  Object.keys(BODIES)
    // axios's http adapter takes none.
    .filter((body) => adapter === 'fetch' || body !== 'a web stream')
    .map((body) => [body, adapter] as const),
);

/** From Node 24 on fetch reads all of a form before it sends the first byte. */
const takesFormsWhole = Number(process.versions.node.split('.')[0]) >= 24;

const received = async (request: IncomingMessage): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
};

describe.each(CASES)('an upload: %s (%s adapter)', (body, adapter) => {
  const request = { url: '/', method: 'put', headers: { 'content-type': 'text/plain' } };

  it('that nobody reads ends, and its connection closes', async () => {
    await using loopback = await startLoopback(() => undefined);
    const { clock } = loopback;
    // Of a form, the http adapter shows neither how it goes nor when its last byte has left; nor does fetch, from Node 24 on.
    const isSeen = body !== 'a FormData' || (adapter === 'fetch' && !takesFormsWhole);
    const limits = isSeen
      ? { timeoutMs: 3_600_000, stallMs: 1_000 }
      : { timeoutMs: 1_000, stallMs: 3_600_000 };
    const api = loopback.client({ adapter }, attemptTimeout({ ...limits, clock }));
    // Alone: what a failed expectation would print is the whole body.
    const call = api.request({ ...request, ...BODIES[body]!() }).catch((error: unknown) => {
      const { code, message, timeoutMs } = error as AttemptTimeoutError;
      return { code, message: message.replace(/http:.*:\d+/, 'it'), limit: timeoutMs };
    });
    const message = isSeen ? 'The upload stood still for 1000 ms: it' : 'it did not answer within 1000 ms';
    expect(await advanceUntilSettled(clock, 500, call)).toEqual({
      code: 'ERR_ATTEMPT_TIMEOUT',
      message,
      limit: 1_000,
    });
    // A connection that is not read from is not seen to close.
    (await loopback.arrived).resume();
    await loopback.closed;
  });

  it('arrives as it does without a limit, headers and all, and stays on the request as it was', async () => {
    const seen: { headers: unknown; length: number; end: string }[] = [];
    await using loopback = await startLoopback((incoming, response) => {
      void received(incoming).then((bytes) => {
        const { 'content-length': length, 'transfer-encoding': encoding, ...others } = incoming.headers;
        const type = others['content-type']?.replace(/boundary=.*/, '');
        const isForm = type?.startsWith('multipart') === true;
        const headers = { length: isForm ? length?.length : length, encoding, type };
        seen.push({
          headers,
          length: isForm ? 0 : bytes.length,
          end: isForm ? '' : bytes.toString('latin1', 0, 99).replace(/undici-\d*/, ''),
        });
        response.end();
      });
    });
    const { clock } = loopback;
    const limited = loopback.client({ adapter }, attemptTimeout({ clock }));
    const made = BODIES[body]!();
    const { config } = await limited.request({ ...request, ...made });
    await loopback
      .client({ adapter }, attemptTimeout({ stallMs: false, clock }))
      .request({ ...request, ...BODIES[body]!() });
    expect(seen[0]).toEqual(seen[1]);
    expect(config.data === made.data).toBe(true);
  });
});

const asWebStream = (data: PassThrough): AxiosRequestConfig => ({
  holdfast: { body: () => Readable.toWeb(data) as ReadableStream<Uint8Array> },
});

describe.each([
  ['a stream', 'http', (data: PassThrough): AxiosRequestConfig => ({ data })],
  ['a stream', 'fetch', (data: PassThrough): AxiosRequestConfig => ({ data })],
  ['a web stream', 'http', asWebStream],
  ['a web stream', 'fetch', asWebStream],
] as const)('an upload: %s (%s adapter)', (_body, adapter, requestOf) => {
  it('may take as long as it moves, and then the headers have their own time', async () => {
    let arrive: () => void = () => undefined;
    await using loopback = await startLoopback((incoming) => {
      incoming.on('data', () => {
        arrive();
      });
      incoming.on('end', () => {
        arrive();
      });
    });
    const { clock } = loopback;
    const api = loopback.client({ adapter }, attemptTimeout({ timeoutMs: 3_000, stallMs: 1_000, clock }));
    const start = clock.now();
    const data = new PassThrough();
    const ended = api
      .request({ url: '/', method: 'put', ...requestOf(data) })
      .catch((error: unknown) => ({ error, at: clock.now() - start }));
    for (let piece = 0; piece < 10; piece += 1) {
      const arrived = new Promise<void>((resolve) => (arrive = resolve));
      data.write('piece');
      await arrived;
      await clock.advance(999);
    }
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    data.end();
    await arrived;
    await clock.advance(3_000);
    expect(await ended).toMatchObject({
      at: 9_990 + 3_000,
      error: {
        code: 'ERR_ATTEMPT_TIMEOUT',
        timeoutMs: 3_000,
        message: expect.stringMatching(/did not answer/),
      },
    });
    await loopback.closed;
  });
});

it('an upload that breaks off at its source is a cancelled request, as without a limit', async () => {
  await using loopback = await startLoopback(() => undefined);
  const { clock } = loopback;
  for (const stallMs of [1_000, false] as const) {
    const api = loopback.client({ adapter: 'http' }, attemptTimeout({ stallMs, clock }));
    const data = new PassThrough();
    data.write('begun');
    const broken = expect(api.put('/', data)).rejects.toHaveProperty('code', 'ERR_CANCELED');
    await loopback.arrived;
    data.destroy();
    await broken;
  }
});
