import type { Step } from '@holdfast/testing';
import fc from 'fast-check';
import { API, json, operationStage, type OperationStage } from './made-operations.js';

/** What a service does at one look. */
type Look =
  | { readonly is: 'running'; readonly retryAfterS?: number; readonly movesTo?: string }
  | { readonly is: 'down'; readonly retryAfterS?: number }
  | { readonly is: 'reset' };

interface Play {
  readonly looks: readonly Look[];
  readonly end: 'Succeeded' | 'Failed' | 'gone';
  readonly failures: number;
}

const retryAfterS = fc.option(fc.nat(100), { nil: undefined });
const places = fc.constantFrom(`${API}/a`, `${API}/b`, 'https://monitor.test/a', 'https://monitor.test/b');
const looks: fc.Arbitrary<Look> = fc.oneof(
  fc
    .record({ retryAfterS, movesTo: fc.option(places, { nil: undefined }) })
    .map((one) => given({ is: 'running', ...one }) as Look),
  fc.record({ retryAfterS }).map((one) => given({ is: 'down', ...one }) as Look),
  fc.constant<Look>({ is: 'reset' }),
);
const plays: fc.Arbitrary<Play> = fc.record({
  looks: fc.array(looks, { maxLength: 8 }),
  end: fc.constantFrom('Succeeded', 'Failed', 'gone'),
  failures: fc.nat(3),
});

function given(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function stageOf({ looks: all, end }: Play): OperationStage {
  const last: Readonly<Record<Play['end'], Step>> = {
    Succeeded: json(200, { status: 'Succeeded', result: 7 }),
    Failed: json(200, { status: 'Failed' }),
    gone: { status: 410 },
  };
  return operationStage((_, number) => {
    if (number === 1) return json(202, {}, { 'Operation-Location': `${API}/a` });
    const look = all[number - 2];
    return look === undefined ? last[end] : stepOf(look);
  });
}

function stepOf(look: Look): Step {
  if (look.is === 'reset') return { error: 'ECONNRESET' };
  const after = look.retryAfterS === undefined ? {} : { 'Retry-After': String(look.retryAfterS) };
  if (look.is === 'down') return { status: 503, headers: after };
  const moved = look.movesTo === undefined ? {} : { 'Operation-Location': look.movesTo };
  return json(200, { status: 'Running' }, { ...after, ...moved });
}

/** What the specification says: the sends with their instants, and what comes of it. */
function expected({ looks: all, end, failures }: Play): {
  readonly sends: string[];
  readonly outcome: unknown;
} {
  const sends = ['0 POST /exports'];
  let [at, url, failed] = [2_000, `${API}/a`, 0];
  for (const look of all) {
    sends.push(`${at} GET ${url}`);
    failed = look.is === 'running' ? 0 : failed + 1;
    if (failed > failures) return { sends, outcome: look.is === 'reset' ? 'ECONNRESET' : 503 };
    const toldMs = look.is === 'reset' || look.retryAfterS === undefined ? 2_000 : look.retryAfterS * 1_000;
    at += Math.max(100, toldMs);
    if (look.is === 'running') url = look.movesTo ?? url;
  }
  sends.push(`${at} GET ${url}`);
  return { sends, outcome: { Succeeded: 7, Failed: 'ERR_OPERATION_FAILED', gone: 410 }[end] };
}

async function outcomeOf(stage: OperationStage, done: Promise<unknown>): Promise<unknown> {
  try {
    return await stage.clock.runUntilSettled(done);
  } catch (error) {
    const { code, response } = error as {
      readonly code?: string;
      readonly response?: { readonly status: number };
    };
    return response !== undefined && response.status >= 400 ? response.status : code;
  }
}

describe('any operation', () => {
  it('is looked at when and where the service says, and ends as it says', async () => {
    await fc.assert(
      fc.asyncProperty(plays, async (play) => {
        const stage = stageOf(play);
        const done = stage.start({ url: '/exports' }, { failures: play.failures }).pollUntilDone();
        const outcome = await outcomeOf(stage, done);
        expect({ sends: stage.sends(), outcome }).toEqual(expected(play));
        expect(stage.clock.pendingRef).toBe(0);
      }),
    );
  });

  it('comes to the same in another process, wherever it was left', async () => {
    await fc.assert(
      fc.asyncProperty(plays, fc.nat(8), async (play, looked) => {
        const stage = stageOf(play);
        const options = { failures: 10 };
        const first = stage.start({ url: '/exports' }, options);
        for (let look = 0; look < Math.min(looked, play.looks.length); look += 1)
          await first.poll().catch(() => undefined);
        const second = stage.resume(await first.serialize(), options);
        const outcome = await outcomeOf(stage, second.pollUntilDone());
        expect(outcome).toEqual(expected({ ...play, failures: 10 }).outcome);
        expect(stage.requests.map(({ method }) => method)).toEqual([
          'post',
          ...Array.from({ length: play.looks.length + 1 }, () => 'get'),
        ]);
      }),
    );
  });
});
