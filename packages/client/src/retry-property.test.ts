import fc from 'fast-check';
import { RETRIES, play, scenario, type Played, type Scenario, type Sent } from './made-retry-play.js';

/** How many scenarios a search plays: more on demand, by HOLDFAST_RUNS. */
const RUNS = Number(process.env['HOLDFAST_RUNS'] ?? 200);
const SEARCH_MS = 60_000 + RUNS * 100;

/** Each request that follows another one of the same call. */
interface Following {
  readonly before: Sent;
  readonly sent: Sent;
  /** 1 for the first retry; 0 when it takes the place of one that met a connection which had been closed. */
  readonly retry: number;
}

function mayRepeat({ calls }: Scenario, { call }: Sent): boolean {
  const { method, hasKey } = calls[call]!;
  return hasKey || (method !== 'post' && method !== 'patch');
}

function followingOf(drawn: Scenario, { sent }: Played): Following[] {
  return drawn.calls.flatMap((_, number) => {
    const own = sent.filter(({ call }) => call === number);
    const replaced = own.length > 1 && own[0]!.met.kind === 'stale' && mayRepeat(drawn, own[0]!);
    return own
      .slice(1)
      .map((one, index) => ({ before: own[index]!, sent: one, retry: replaced ? index : index + 1 }));
  });
}

/** Whether anybody was still there when the answer came. */
function wasHeard({ calls, giveUpAtMs = Infinity }: Scenario, { beganAt }: Played, sent: Sent): boolean {
  const { startsAtMs, deadlineMs, giveUpBy } = calls[sent.call]!;
  const endsAtMs = Math.min(startsAtMs + deadlineMs, giveUpBy === undefined ? Infinity : giveUpAtMs);
  return sent.endedAt < beganAt + endsAtMs;
}

const hintMs = ({ met }: Sent) => (met.hint ?? 0) * 1_000;

const PROPERTIES: Record<string, (drawn: Scenario, played: Played) => boolean> = {
  'is sent again only what may be': (drawn, played) =>
    followingOf(drawn, played).every(({ before }) => {
      const { kind } = before.met;
      if (kind === 'ok' || kind === 'missing' || kind === 'untrusted') return false;
      // All the others may have been acted on.
      return kind === 'throttled' || kind === 'refused' || mayRepeat(drawn, before);
    }),

  'is sent four times at most, and once more where a connection had been closed': (drawn, played) =>
    followingOf(drawn, played).every(({ retry }) => retry <= RETRIES),

  'waits out its backoff, and what the service asks for': (drawn, played) =>
    followingOf(drawn, played).every(({ before, sent, retry }) => {
      // At once, unless others have been told to stay away.
      if (retry === 0) return drawn.hasGate || sent.at === before.endedAt;
      const backoffMs = Math.floor(drawn.chance * Math.min(5_000, 200 * 2 ** (retry - 1)));
      return sent.at >= before.endedAt + (hintMs(before) || backoffMs);
    }),

  'waits for what any of them was told, where a gate stands': (drawn, played) => {
    const { sent } = played;
    const told = sent.filter((one) => drawn.hasGate && hintMs(one) > 0 && wasHeard(drawn, played, one));
    return told.every((one) => sent.every(({ at }) => at <= one.endedAt || at >= one.endedAt + hintMs(one)));
  },

  'is not sent any more when its deadline is over': ({ calls }, { sent, beganAt }) =>
    sent.every(({ call, at }) => {
      const { startsAtMs, deadlineMs } = calls[call]!;
      return at < beganAt + startsAtMs + deadlineMs;
    }),

  'is not sent any more when it is given up': ({ calls, giveUpAtMs = Infinity }, { sent, beganAt }) =>
    sent.every(({ call, at }) => calls[call]!.giveUpBy === undefined || at <= beganAt + giveUpAtMs),

  'is retried within the budget of all, in each ten seconds': (drawn, played) => {
    const { ratio, minPerSecond } = drawn.budget;
    const second = (at: number) => Math.floor(at / 1_000);
    const retries = followingOf(drawn, played)
      .filter(({ retry }) => retry > 0)
      .map(({ before }) => ({
        at: before.endedAt,
        price: before.met.kind === 'throttled' || before.met.kind === 'busy' ? 0.2 : 1,
      }));
    return retries.every(({ at: now }) => {
      const isRecent = (at: number) => at <= now && second(at) > second(now) - 10;
      const calls = drawn.calls.filter(({ startsAtMs }) => isRecent(played.beganAt + startsAtMs)).length;
      const spent = retries.reduce((sum, { at, price }) => sum + (isRecent(at) ? price : 0), 0);
      return spent <= 10 * minPerSecond + ratio * calls + 1e-6;
    });
  },

  'has one idempotency key for all its requests, which no other call has': ({ calls }, { sent }) => {
    const keys = calls.map(
      (_, number) => new Set(sent.filter(({ call }) => call === number).map(({ key }) => key)),
    );
    const all = keys.flatMap((own) => [...own]).filter((key) => key !== undefined);
    return (
      keys.every(
        (own, number) => own.size <= 1 && [...own].every((key) => !key === !calls[number]!.hasKey),
      ) && new Set(all).size === all.length
    );
  },

  'ends, and not by a refusal where something was sent': ({ calls }, { endings, sent }) =>
    endings.length === calls.length &&
    endings.every(
      (ending, number) =>
        !['ERR_CIRCUIT_OPEN', 'ERR_THROTTLED'].includes(String(ending)) ||
        !sent.some(({ call }) => call === number),
    ),

  'leaves no timer and no listener behind': (_, { left }) =>
    left.refTimers === 0 && left.timers === 0 && left.listeners === 0,
};

describe('of many calls at once, none', () => {
  it(
    'is sent too early, too late, too often or for ever, whatever their service does',
    async () => {
      await fc.assert(
        fc.asyncProperty(scenario, async (drawn) => {
          const played = await play(drawn);
          const broken = Object.keys(PROPERTIES).filter((name) => !PROPERTIES[name]!(drawn, played));
          // The rules that are broken, and by what.
          expect({ broken, ...(broken.length > 0 && { played }) }).toEqual({ broken: [] });
        }),
        { numRuns: RUNS },
      );
    },
    SEARCH_MS,
  );
});
