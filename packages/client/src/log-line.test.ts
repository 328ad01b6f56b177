import type { Call, ErrorSummary, GateEvent } from '@holdfast/core';
import fc from 'fast-check';
import { callLine, gateLine, oneLine } from './log-line.js';

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Halves of surrogate pairs too. */
const anyCharacter = fc.integer({ min: 0, max: 0x10_ff_ff }).map((code) => String.fromCodePoint(code));

describe('a line of a log', () => {
  it('begins no other one and moves no cursor, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 100 }), (text) => {
        const line = oneLine(text);
        expect(line).not.toMatch(UNPRINTABLE);
        expect(line.length).toBeLessThan(8_100);
      }),
      { examples: [['\uD800'.repeat(3_000)], [`${'a'.repeat(999)}\u{1F600}`], ['\u{E0001}'.repeat(900)]] },
    );
  });

  it('is what it was, where it can be printed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (text) => {
        fc.pre(!UNPRINTABLE.test(text));
        expect(oneLine(text)).toBe(text);
      }),
    );
  });
});

describe('what a line says of a call', () => {
  const call = (facts: Partial<Call>): Call =>
    ({
      service: 'orders',
      method: 'get',
      url: '/7',
      startedAt: 1_000,
      endedAt: 1_000,
      attempts: [],
      refusals: [],
      failed: true,
      outcome: 'no-token',
      ...facts,
    }) as Call;
  const error: ErrorSummary = { name: 'E', message: 'm', status: 400, code: 'ERR_TOKEN_ACQUISITION' };

  it('is not the status that the identity provider answered, as if it were the service’s', () => {
    expect(callLine(call({ sends: 0 }), error)).toBe('GET orders /7: ERR_TOKEN_ACQUISITION, not sent, 0 ms');
    expect(callLine(call({ sends: 1 }), error)).toBe('GET orders /7: 400, 1 attempt, 0 ms');
  });

  it('is why it took so long or ended so, by what was decided last', () => {
    const attempt = {
      number: 1,
      startedAt: 1_000,
      endedAt: 1_000,
      delayMs: 0,
      reason: undefined,
      code: undefined,
    };
    const good = { failed: false, outcome: 'success', sends: 1, refusals: ['paced: waits 40 ms'] } as const;
    expect(callLine(call(good), undefined)).toBe(
      'GET orders /7: success, 1 attempt, 0 ms; paced: waits 40 ms',
    );
    const attempts = [
      { ...attempt, status: 503, decisions: ['retry 1 in 0 ms: 503'] },
      { ...attempt, status: 200, decisions: [] },
    ];
    expect(callLine(call({ ...good, sends: 2, attempts }), undefined)).toBe(
      'GET orders /7: 200, 2 attempts, 0 ms',
    );
  });

  it('is no time below 0 of a clock that was set, and none while nobody knows', () => {
    expect(callLine(call({ sends: 1, endedAt: 400 }), error)).toContain(', 0 ms');
    expect(callLine(call({ sends: 1, endedAt: undefined }), error)).toBe('GET orders /7: 400, 1 attempt');
  });
});

it.each([
  [0, 'gate orders closed: for 2000 ms'],
  [1, 'gate orders closed: for 2000 ms, 1 call waits'],
  [2, 'gate orders closed: for 2000 ms, 2 calls wait'],
])('a line says how many calls wait at a gate: %i', (waiting, line) => {
  const gate: GateEvent = {
    ...{ service: 'orders', key: 'orders', state: 'closed', mode: 'enforce' },
    ...{ at: 1_000, until: 3_000, waiting },
  };
  expect(gateLine(gate)).toBe(line);
});
