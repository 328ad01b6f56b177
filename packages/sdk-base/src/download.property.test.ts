import fc from 'fast-check';
import type { Step } from '@holdfast/testing';
import { startDownload } from './download.js';
import { readAll, scriptedStage } from './made-transfer-client.js';
import { brokenOff, resetError, served } from './made-transfer-content.js';

/** What becomes of one answer. */
const answer = fc.record({
  how: fc.constantFrom('reset', 'end', 'whole', 'failed', 'shifted', 'ignored', 'changed'),
  /** The part of its bytes that come. */
  part: fc.double({ min: 0, max: 1, noNaN: true }),
});

const plans = fc.record({
  bytes: fc.uint8Array({ maxLength: 200 }),
  answers: fc.array(answer, { maxLength: 12 }),
  hasEtag: fc.boolean(),
  range: fc.option(fc.record({ start: fc.nat(20), length: fc.option(fc.nat(100), { nil: undefined }) }), {
    nil: undefined,
  }),
});

const HARMLESS = new Set(['reset', 'end', 'whole']);

function stepFor(
  how: string,
  part: number,
  content: Buffer,
  hasEtag: boolean,
  headers: Readonly<Record<string, string>>,
): Step {
  if (how === 'failed') return { status: 503 };
  const version = content[0] ?? 0;
  const kept = { bytes: content, ...(hasEtag && { etag: `"v${version}"` }) };
  const asked = how === 'ignored' ? {} : headers;
  const { status, headers: told, body } = served(kept, asked);
  const place = how === 'shifted' && status === 206 ? { 'content-range': `bytes 1-${content.length}/*` } : {};
  const after = how === 'reset' || how === 'end' ? Math.floor(part * body.length) : body.length;
  const data = brokenOff(body, after, how === 'reset' ? resetError() : undefined);
  return { status, headers: { ...told, ...place }, data };
}

it('a download whose connections break anywhere has each byte once, of one content, or says that it is not whole', async () => {
  let whole = 0;
  await fc.assert(
    fc.asyncProperty(plans, async ({ bytes, answers, hasEtag, range }) => {
      // Each version of the content begins with a byte that says which it is.
      const versions = [Buffer.from([0, ...bytes])];
      let number = 0;
      const stage = scriptedStage(({ headers }) => {
        const { how, part } = answers[number] ?? { how: 'whole', part: 1 };
        number += 1;
        if (how === 'changed')
          versions.push(Buffer.from([versions.length, ...bytes.map((byte) => byte ^ 1)]));
        return stepFor(how, part, versions.at(-1)!, hasEtag, headers);
      });
      const asked = range && {
        range: {
          start: range.start,
          ...(range.length !== undefined && { end: range.start + range.length }),
        },
      };
      const begun = await startDownload(stage.connection, '/x', { ...asked, resumes: 20 }).catch(
        () => undefined,
      );
      if (begun === undefined) return;
      const { bytes: got, error } = await stage.ended(readAll(begun.data));
      const { start, end } = asked?.range ?? { start: 0 };
      const wanted = versions.map((one) => one.subarray(start, end === undefined ? undefined : end + 1));
      const isWhole = wanted.some((one) => one.equals(got));
      const isBeginning = wanted.some((one) => one.subarray(0, got.length).equals(got));
      const mustBeWhole = hasEtag && answers.every(({ how }) => HARMLESS.has(how));
      const isTrue = error !== undefined || isWhole;
      const hasFailed = mustBeWhole && error !== undefined;
      expect({ isBeginning, isTrue, hasFailed }).toEqual({
        isBeginning: true,
        isTrue: true,
        hasFailed: false,
      });
      if (isWhole) whole += 1;
    }),
    { numRuns: Number(process.env['HOLDFAST_RUNS'] ?? 150) },
  );
  expect(whole).toBeGreaterThan(20);
});
