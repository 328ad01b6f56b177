import { createServiceClient } from '@holdfast/client';
import { manualClock, scriptedTransport, type Step } from '@holdfast/testing';
import { text } from 'node:stream/consumers';
import { brokenOff, resetError } from './made-transfer-content.js';
import { ServiceSdk } from './service-sdk.js';

class Files extends ServiceSdk {
  async list(): Promise<unknown> {
    const files: unknown[] = [];
    for await (const file of this.http.paginate('/files')) files.push(file);
    return files;
  }

  copy(): Promise<unknown> {
    return this.http.poll(this.http.post('/copies', {}), { intervalMs: 100 }).pollUntilDone();
  }

  async read(): Promise<unknown> {
    const { stream } = await this.http.download('/files/7');
    return text(stream);
  }
}

function filesBy(script: readonly Step[]) {
  const clock = manualClock({ fakeGlobals: false });
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client = createServiceClient({
    name: 'files',
    baseURL: 'https://files.test',
    credential: false,
    clock,
    random: () => 0,
    axios: { adapter },
  });
  const lines: string[] = [];
  const write = (line: string) => lines.push(line.replace(/, id .*/, ''));
  const logger = { debug: write, info: write, warn: write, error: write, log: write };
  return { files: new Files(client, { logger, logLevel: 'debug' }), clock, lines, requests };
}

const BYTES = Buffer.from('contents');
const WHOLE = { 'accept-ranges': 'bytes', etag: '"v1"', 'content-length': '8' };
const REST = { etag: '"v1"', 'content-range': 'bytes 4-7/8', 'content-length': '4' };

describe('the log of an SDK has a line for each request of', () => {
  it.each<[string, (files: Files) => Promise<unknown>, readonly number[], readonly Step[]]>([
    [
      'a list: one for each page',
      (files) => files.list(),
      [200, 200],
      [
        { status: 200, data: '{"value":[1],"nextLink":"/files?page=2"}' },
        { status: 200, data: '{"value":[2]}' },
      ],
    ],
    [
      'an operation: its start, and each look',
      (files) => files.copy(),
      [202, 202, 200],
      [
        { status: 202, headers: { location: '/copies/1' } },
        { status: 202 },
        { status: 200, data: '{"id":8}' },
      ],
    ],
    [
      'a download: one for each answer',
      (files) => files.read(),
      [200, 206],
      [
        () => ({ status: 200, headers: WHOLE, data: brokenOff(BYTES, 4, resetError()) }),
        () => ({ status: 206, headers: REST, data: brokenOff(BYTES.subarray(4), 4) }),
      ],
    ],
  ])('%s', async (_, work, statuses, script) => {
    const { files, clock, lines, requests } = filesBy(script);
    await clock.runUntilSettled(work(files));
    expect(lines.map((line) => Number(/: (\d+), 1 attempt/.exec(line)?.[1]))).toEqual(statuses);
    expect(requests).toHaveLength(statuses.length);
  });
});
