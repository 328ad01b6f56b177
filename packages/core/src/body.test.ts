import { Readable } from 'node:stream';
import type { InternalAxiosRequestConfig } from 'axios';
import { discard, isReplayable } from './index.js';

const request = (data: unknown) => ({ data }) as InternalAxiosRequestConfig;

async function* generated() {
  yield await Promise.resolve('once');
}

describe('a body', () => {
  it.each<[string, unknown, boolean]>([
    ['nothing', undefined, true],
    ['a text', 'text', true],
    ['a buffer', Buffer.from('x'), true],
    ['a typed array', new Uint8Array(1), true],
    ['search parameters', new URLSearchParams('a=1'), true],
    ['a blob', new Blob(['x']), true],
    ['a form', new FormData(), true],
    ['a stream of Node', Readable.from(['x']), false],
    ['a stream of the web', new ReadableStream(), false],
    ['a generator', generated(), false],
  ])('that is %s goes a second time: %#', (_what, data, replayable) => {
    expect(isReplayable(request(data))).toBe(replayable);
  });
});

describe('an answer that nobody reads', () => {
  it('lets go of its connection, without an error that nobody hears', async () => {
    const node = Readable.from(['x']);
    discard({ data: node } as never);
    const cancel = jest.fn();
    discard({ data: new ReadableStream({ cancel }) } as never);
    discard({ data: 'text' } as never);
    discard(undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(node.destroyed).toBe(true);
    expect(cancel).toHaveBeenCalled();
  });
});
