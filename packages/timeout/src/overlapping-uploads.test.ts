import type { Interceptor } from '@holdfast/core';
import type { AxiosRequestConfig } from 'axios';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { attemptTimeout } from './index.js';
import { startLoopback } from './made-transfers.js';

const BYTES = Buffer.alloc(3 * 2 ** 20, 'abcdefghi');
const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** As an interceptor does that sends a second time when the first answer is late. */
const twiceAtOnce: Interceptor = (next) => async (config) => {
  const [first] = await Promise.all([next(config), next(config)]);
  return first;
};

const BODIES: Record<string, () => AxiosRequestConfig> = {
  'a buffer': () => ({ data: BYTES }),
  'a Blob': () => ({ data: new Blob([BYTES]) }),
  'a body that is made': () => ({ holdfast: { body: () => Readable.from([BYTES]) } }),
};
const CASES = ['http', 'fetch'].flatMap((adapter) =>
  Object.keys(BODIES).map((body) => [body, adapter] as const),
);

it.each(CASES)(
  'an upload that is sent twice at once arrives whole both times, and stays on the request as it was: %s (%s adapter)',
  async (body, adapter) => {
    const seen: (readonly [string, string | undefined])[] = [];
    await using loopback = await startLoopback((incoming, response) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('end', () => {
        seen.push([digestOf(Buffer.concat(pieces)), incoming.headers['content-length']]);
        response.end();
      });
    });
    const { clock } = loopback;
    const api = loopback.client({ adapter }, twiceAtOnce, attemptTimeout({ clock }));
    const made = BODIES[body]!();
    const { config } = await api.request({ url: '/', method: 'put', ...made });
    const length = made.data === undefined ? undefined : String(BYTES.length);
    expect(seen).toEqual(Array(2).fill([digestOf(BYTES), length]));
    expect(config.data === made.data).toBe(true);
    expect(config.holdfast?.body === made.holdfast?.body).toBe(true);
    expect(config.headers.getContentLength()).toBeFalsy();
  },
);
