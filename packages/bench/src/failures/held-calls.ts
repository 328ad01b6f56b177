import type { Measurement } from '../measurement.js';
import { pageTable } from '../page-table.js';
import { BYTES_FLAGS } from '../run-program.js';
import type { ChallengeBytes, ChallengeCounts, ChallengeCpu } from './challenge-storm.js';
import type { WaitingCalls } from './waiting-calls.js';

export interface HeldCallsResult {
  readonly challenge: {
    readonly counts: ChallengeCounts;
    readonly bytes: ChallengeBytes;
    readonly cpu: ChallengeCpu;
  };
  readonly waiting: WaitingCalls;
}

/** 10,000 calls that wait: for a token, or for their next attempt. */
export const heldCalls: Omit<Measurement<HeldCallsResult>, 'name'> = {
  async measure(run) {
    const challenge = 'failures/challenge-storm';
    return {
      challenge: {
        counts: (await run(challenge, ['counts'])) as ChallengeCounts,
        bytes: (await run(challenge, ['bytes'], BYTES_FLAGS)) as ChallengeBytes,
        cpu: (await run(challenge, ['cpu', '11'], ['--expose-gc'])) as ChallengeCpu,
      },
      waiting: (await run('failures/waiting-calls', ['bytes'], BYTES_FLAGS)) as WaitingCalls,
    };
  },

  page({ challenge: { counts, bytes, cpu }, waiting }) {
    const storm = pageTable(
      ['of 10,000 calls', 'bare axios, in flight', 'a handler of 401', 'Holdfast'],
      [
        ['token requests', '–', counts.naive.tokensAsked, counts.holdfast.tokensAsked],
        ['sends', '–', counts.naive.sends, counts.holdfast.sends],
        ['errors made', '–', counts.naive.errors, counts.holdfast.errors],
        ['bytes for each that waits for its token', bytes.bareInFlight, bytes.naive, bytes.holdfast],
        ['CPU, over 20,000 sends of bare axios', 1, cpu.naive, cpu.serviceClient],
      ],
    );
    const calls = pageTable(
      ['of 10,000 calls', 'bare axios, in flight', 'naive, with axios-retry', 'Holdfast'],
      [
        ['bytes for each', waiting.bare.bytes, waiting.naive.bytes, waiting.holdfast.bytes],
        ['timers', waiting.bare.during.timers, waiting.naive.during.timers, waiting.holdfast.during.timers],
        [
          'timers left by one abort',
          waiting.bare.left.timers,
          waiting.naive.left.timers,
          waiting.holdfast.left.timers,
        ],
        [
          'listeners left',
          waiting.bare.left.listeners,
          waiting.naive.left.listeners,
          waiting.holdfast.left.listeners,
        ],
        ['bytes left for each', waiting.bare.bytesLeft, waiting.naive.bytesLeft, waiting.holdfast.bytesLeft],
      ],
    );
    return [
      '### 10,000 calls whose token is revoked',
      storm,
      `In memory, each challenged once, with claims (\`failures/challenge-storm\`). With \`attachToken()\` and \`claimsChallenge()\` alone the storm takes ${cpu.attachTokenAndClaimsChallenge} of the CPU.`,
      '### 10,000 calls that wait for their next attempt',
      calls,
      'Each has failed with 500 and waits a quarter of an hour, until one abort ends them all (`failures/waiting-calls`).',
    ].join('\n\n');
  },

  goals({ challenge, waiting }) {
    return [
      {
        what: 'token requests of 10,000 challenged calls',
        unit: 'count',
        atMost: 1,
        measured: challenge.counts.holdfast.tokensAsked,
      },
      {
        what: 'memory of a call that waits for its next attempt, over one of bare axios in flight',
        unit: 'bytes',
        atMost: 3_200,
        measured: waiting.holdfast.bytes - waiting.bare.bytes,
      },
    ];
  },
};
