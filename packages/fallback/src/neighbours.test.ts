import { circuitBreaker } from '@holdfast/circuit-breaker';
import { InteractionRequiredError, TokenAcquisitionError, callOf, type Interceptor } from '@holdfast/core';
import { retry } from '@holdfast/retry';
import { staticCredential, type ManualClock, type ScriptFunction, type Step } from '@holdfast/testing';
import { throttleGate } from '@holdfast/throttle-gate';
import { attemptTimeout, deadline } from '@holdfast/timeout';
import { attachToken } from '@holdfast/token';
import type { AxiosError } from 'axios';
import { inspect } from 'node:util';
import { fallback, isFallback, type FallbackOptions, type FallbackReason } from './index.js';
import { stage, takeDown } from './made-stage.js';

afterEach(takeDown);

const reduced = { data: 'a reduced answer' };
const random = () => 1;
const down: Step = { status: 503, delayMs: 60 };

/** A client with a fallback for these failures around its neighbours, and what it was asked about. */
function orders(
  script: readonly Step[] | ScriptFunction,
  within: (clock: ManualClock) => readonly Interceptor[],
  on?: FallbackOptions['on'],
) {
  const asked: (string | undefined)[] = [];
  const respond = (error: AxiosError) => {
    asked.push(error.code);
    return reduced;
  };
  const set = stage(script, (clock) => [fallback(respond, { clock, ...(on && { on }) }), ...within(clock)]);
  return { ...set, asked };
}

describe('while the circuit is open', () => {
  it('callers get the reduced answer at once, and nothing is sent', async () => {
    const { client, requests, asked, run } = orders(
      () => down,
      (clock) => [circuitBreaker({ clock, random, consecutiveFailures: 3, consecutiveSpanMs: 0 })],
    );
    for (let call = 0; call < 3; call += 1) await run(client.get('/7').catch(() => undefined));
    const response = await run(client.get('/7'));
    expect(response.data).toBe(reduced.data);
    expect(asked).toEqual(['ERR_CIRCUIT_OPEN']);
    expect(requests).toHaveLength(3);
    const call = callOf(response);
    expect(call?.fallbackFor).toBe('refused');
    expect(call?.refusals.at(-1)).toBe('fallback: refused (ERR_CIRCUIT_OPEN)');
  });

  it('a call whose first attempt had opened it has one too, and the story says why it was left at that', async () => {
    const { client, requests, asked, run } = orders(
      () => down,
      (clock) => [
        retry({ clock, random }),
        circuitBreaker({ clock, random, consecutiveFailures: 1, consecutiveSpanMs: 0 }),
      ],
    );
    const response = await run(client.get('/7'));
    expect(response.data).toBe(reduced.data);
    expect(requests).toHaveLength(1);
    expect(asked).toEqual(['ERR_BAD_RESPONSE']);
    expect(callOf(response)?.attempts.at(-1)?.decisions.at(-1)).toBe(
      'fallback: unavailable (503, ERR_CIRCUIT_OPEN)',
    );
  });
});

describe('while the service wants to be left alone', () => {
  const throttled: Step = { status: 429, headers: { 'retry-after': '60' } };

  it('callers get the reduced answer: the one who was throttled, and those who are refused for it', async () => {
    const { client, requests, asked, run } = orders([throttled], (clock) => [
      deadline({ clock, deadlineMs: 1_000 }),
      retry({ clock, random }),
      throttleGate({ clock, random }),
    ]);
    expect(isFallback(await run(client.get('/7')))).toBe(true);
    expect(isFallback(await run(client.get('/7')))).toBe(true);
    expect(asked).toEqual(['ERR_BAD_REQUEST', 'ERR_THROTTLED']);
    expect(requests).toHaveLength(1);
  });

  it.each<[FallbackReason, boolean]>([
    ['throttle', true],
    ['circuit', false],
  ])('who is refused by the gate has an answer for "%s": %s', async (reason, isAnswered) => {
    const within = (clock: ManualClock) => [throttleGate({ clock, random, maxWaiters: 0 })];
    const { client, requests, run } = orders([throttled], within, [reason]);
    const answered = () =>
      run(
        client.get('/7').then(
          () => true,
          () => false,
        ),
      );
    expect([await answered(), await answered(), requests.length]).toEqual([isAnswered, isAnswered, 1]);
  });

  it('a call that is refused when it comes back has one too: another one was throttled meanwhile', async () => {
    const { client, requests, asked, run } = orders([{ status: 500 }, throttled], (clock) => [
      deadline({ clock, deadlineMs: 5_000 }),
      retry({ clock, random }),
      throttleGate({ clock, random }),
    ]);
    const first = client.get('/7');
    await run(client.get('/8'));
    const response = await run(first);
    expect(asked).toEqual(['ERR_BAD_REQUEST', 'ERR_BAD_RESPONSE']);
    expect(requests).toHaveLength(2);
    expect(callOf(response)?.attempts.at(-1)?.decisions.at(-1)).toBe(
      'fallback: unavailable (500, ERR_THROTTLED)',
    );
  });
});

describe('when the time is over', () => {
  it('the caller gets the reduced answer then, and no later', async () => {
    const { client, clock, asked, run } = orders(
      () => 'hang',
      (time) => [deadline({ clock: time, deadlineMs: 1_000 }), retry({ clock: time, random })],
    );
    const start = clock.now();
    const response = await run(client.get('/7'));
    expect(response.data).toBe(reduced.data);
    expect(clock.now() - start).toBe(1_000);
    expect(asked).toEqual(['ERR_DEADLINE_EXCEEDED']);
    expect(callOf(response)?.fallbackFor).toBe('deadline');
  });

  it('of an attempt, "timeout" and "network" mean it, and "deadline" does not', async () => {
    const isAnswered = (reason: FallbackReason) => {
      const { client, run } = orders(
        () => 'hang',
        (clock) => [attemptTimeout({ clock, timeoutMs: 100 })],
        [reason],
      );
      return run(client.get('/7').then(isFallback, () => false));
    };
    await expect(isAnswered('timeout')).resolves.toBe(true);
    await expect(isAnswered('network')).resolves.toBe(true);
    await expect(isAnswered('deadline')).resolves.toBe(false);
  });
});

describe('while there is no token', () => {
  const init = { service: 'login', scopes: ['api://orders/.default'], message: 'No token' };
  const noToken = new TokenAcquisitionError({ ...init, transient: true });
  const needsUser = new InteractionRequiredError(init);

  const isAnswered = (error: Error, on?: FallbackOptions['on']) => {
    const { client, requests, run } = orders(
      [],
      (clock) => [attachToken(staticCredential(error), { scopes: init.scopes, clock, random })],
      on,
    );
    return run(
      client.get('/7').then(
        (response) => isFallback(response) && requests.length === 0,
        () => false,
      ),
    );
  };

  it('callers get the reduced answer, and nothing is sent', async () => {
    await expect(isAnswered(noToken)).resolves.toBe(true);
    await expect(isAnswered(new Error('vault is down'))).resolves.toBe(true);
  });

  it('because a user has to be asked, they are told so, unless that was named itself', async () => {
    await expect(isAnswered(needsUser)).resolves.toBe(false);
    await expect(isAnswered(needsUser, ['token'])).resolves.toBe(false);
    await expect(isAnswered(needsUser, ['interaction'])).resolves.toBe(true);
    await expect(isAnswered(noToken, ['interaction'])).resolves.toBe(false);
  });
});

describe('who answers in the place of a failure', () => {
  it('sees no token, whether the service had said no or never answered', async () => {
    const steps: Step[] = [{ status: 429 }, { error: 'ECONNRESET' }, 'hang'];
    const seen: string[] = [];
    const look = (...given: unknown[]) => {
      seen.push(inspect(given, { depth: Infinity, showHidden: true }) + JSON.stringify(given));
      return reduced;
    };
    const { client, requests, run } = stage(steps, (clock) => [
      fallback(look, { clock, on: () => true }),
      deadline({ clock, deadlineMs: 1_000 }),
      attachToken(staticCredential('a-secret-token'), { scopes: 'api://orders/.default', clock }),
    ]);
    for (const step of steps) expect([step, isFallback(await run(client.get('/7')))]).toEqual([step, true]);
    expect(requests.map(({ token }) => token)).toEqual(steps.map(() => 'a-secret-token'));
    expect(seen).toHaveLength(3);
    for (const text of seen) expect(text).not.toContain('a-secret-token');
  });
});
