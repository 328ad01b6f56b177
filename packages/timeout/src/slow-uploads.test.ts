import type { AxiosRequestConfig } from 'axios';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { attemptTimeout } from './index.js';
import { startLoopback } from './made-transfers.js';

// More than a connection on loopback holds by itself, many times over.
const BYTES = Buffer.alloc(48 * 2 ** 20, 'x');
/** So that all of it takes longer than either limit. */
const BYTES_PER_MS = 10_000;

const BODIES: Record<string, () => AxiosRequestConfig> = {
  'a buffer': () => ({ data: BYTES }),
  'a buffer whose progress is shown': () => ({ data: BYTES, onUploadProgress: () => undefined }),
  'a stream of one piece': () => ({ data: Readable.from([BYTES]) }),
  'a stream of one piece, no redirects': () => ({ data: Readable.from([BYTES]), maxRedirects: 0 }),
};

/** Reads one piece after another, and lets so many bytes take their time: how large the pieces are is Node's matter. */
async function readSlowly(
  incoming: IncomingMessage,
  pass: (bytes: number) => Promise<void>,
): Promise<number> {
  let length = 0;
  while (length < BYTES.length) {
    const piece = incoming.read() as Buffer | null;
    if (piece === null) await once(incoming, 'readable');
    else {
      length += piece.length;
      await pass(piece.length);
    }
  }
  return length;
}

it.each(Object.keys(BODIES))(
  'an upload to a service that reads slowly is not ended while it reads, and then has its own time to answer: %s',
  async (body) => {
    await using loopback = await startLoopback(() => undefined);
    const { clock } = loopback;
    const start = clock.now();
    const limits = { timeoutMs: 2_000, stallMs: 1_000, clock };
    const api = loopback.client({ adapter: 'http', maxBodyLength: Infinity }, attemptTimeout(limits));
    let message: string | undefined;
    const ended = api.request({ url: '/', method: 'put', ...BODIES[body]!() }).catch((error: unknown) => {
      message = (error as Error).message;
    });
    const incoming = await loopback.arrived;
    const broken = once(incoming, 'error').then(() => 'it broke off');
    broken.catch(() => undefined);
    const read = readSlowly(incoming, (bytes) => clock.advance(Math.ceil(bytes / BYTES_PER_MS)));
    expect(await Promise.race([read, broken])).toBe(BYTES.length);
    expect(clock.now() - start).toBeGreaterThan(4_000);
    expect(message).toBeUndefined();
    for (let step = 0; step < 6; step += 1) await clock.advance(500);
    await ended;
    expect(message).toMatch(/did not answer within 2000 ms/);
  },
);
