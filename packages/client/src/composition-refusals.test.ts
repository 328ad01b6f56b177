import { challengeHeader, type AnswerStep } from '@holdfast/testing';
import { claimsChallenge, currentCall, type CircuitBreakerOptions, type Interceptor } from './index.js';
import {
  DOWN,
  NOTHING,
  Stage,
  UP,
  breaker,
  clock,
  gate,
  numberedTokens,
  retries,
  throttledFor,
  token,
  withFreshToken,
} from './made-composition.js';

/** Asks for a token with claims that no other challenge has asked for. */
const challenge = (value: number): AnswerStep => ({
  status: 401,
  headers: {
    'www-authenticate': challengeHeader({ claims: { nbf: { essential: true, value: String(value) } } }),
  },
});

/** Whatever came before: when the service is back, so are its callers. */
async function expectRecovery(stage: Stage): Promise<void> {
  stage.weather = UP;
  for (let waits = 0; waits < 3; waits += 1) {
    await clock.advance(65_000);
    await stage.endings(3);
  }
  expect(await stage.endings(3)).toEqual([200, 200, 200]);
  expect(stage.left()).toEqual(NOTHING);
}

describe('throttleGate and circuitBreaker', () => {
  const orders: readonly (readonly [string, (options?: CircuitBreakerOptions) => Interceptor[]])[] = [
    ['throttleGate(circuitBreaker(send))', (options) => [gate(), breaker(options)]],
    ['circuitBreaker(throttleGate(send))', (options) => [breaker(options), gate()]],
  ];

  it.each(orders)('%s: throttles open no circuit, and later callers hear the instant', async (_, order) => {
    const onStateChange = jest.fn();
    const stage = new Stage(throttledFor(5), [within(1_000), ...order({ onStateChange })]);
    await clock.runUntilSettled(Promise.all(Array.from({ length: 40 }, () => stage.call())));
    expect(stage.sends).toBe(40);
    expect(await stage.ending()).toBe('ERR_THROTTLED');
    expect(onStateChange).not.toHaveBeenCalled();
    await expectRecovery(stage);
  });

  /** Of 21 answers at once, the last one throttles and the others fail. */
  async function downAndThrottled(order: readonly Interceptor[]): Promise<Stage> {
    const stage = new Stage(() => (stage.sends === 21 ? throttledFor(60) : { ...DOWN, delayMs: 10 }), order);
    await clock.runUntilSettled(Promise.all(Array.from({ length: 21 }, () => stage.call())));
    return stage;
  }

  it('throttleGate(circuitBreaker(send)): of a service that is down and throttles, callers hear its instant', async () => {
    const stage = await downAndThrottled([within(1_000), ...orders[0]![1]()]);
    expect(await stage.ending()).toBe('ERR_THROTTLED');
    await expectRecovery(stage);
  });

  it('circuitBreaker(throttleGate(send)): they hear the circuit’s, though that is too early', async () => {
    const stage = await downAndThrottled([within(1_000), ...orders[1]![1]()]);
    expect(await stage.ending()).toBe('ERR_CIRCUIT_OPEN');
    await clock.advance(2_000);
    const before = stage.sends;
    expect(await stage.ending()).toBe('ERR_THROTTLED');
    expect(stage.sends).toBe(before);
    await expectRecovery(stage);
  });

  /** What five callers get who have time, when the circuit is half-open and the gate still closed. */
  async function waiting(order: readonly Interceptor[]) {
    const stage = await downAndThrottled(order);
    await clock.advance(2_000);
    stage.weather = UP;
    const endings = await clock.runUntilSettled(Promise.all([1, 2, 3, 4, 5].map(() => stage.call())));
    await expectRecovery(stage);
    return endings;
  }

  it('throttleGate(circuitBreaker(send)): who has time waits for the instant', async () => {
    expect(await waiting(orders[0]![1]())).toEqual(Array(5).fill(200));
  });

  it('circuitBreaker(throttleGate(send)): three wait with the circuit’s permits in hand, and the others are refused meanwhile', async () => {
    const refused = Array<string>(2).fill('ERR_CIRCUIT_OPEN');
    expect(await waiting(orders[1]![1]())).toEqual([200, 200, 200, ...refused]);
  });
});

describe('circuitBreaker and attachToken', () => {
  async function refused(order: (attach: Interceptor) => readonly Interceptor[]) {
    const credential = numberedTokens();
    const stage = new Stage(DOWN, order(token(credential)));
    await stage.endings(20);
    const before = credential.requests.length;
    const endings = await stage.endings(10, withFreshToken);
    const asked = credential.requests.length - before;
    expect(endings).toEqual(Array(10).fill('ERR_CIRCUIT_OPEN'));
    expect(stage.sends).toBe(20);
    expect(stage.left()).toEqual(NOTHING);
    await expectRecovery(stage);
    return asked;
  }

  it('circuitBreaker(attachToken(send)): ten refused calls ask for no token', async () => {
    expect(await refused((attach) => [breaker(), attach])).toBe(0);
  });

  it('attachToken(circuitBreaker(send)): they ask for ten that nobody uses; none stays on a request', async () => {
    expect(await refused((attach) => [attach, breaker()])).toBe(10);
  });
});

describe('throttleGate and attachToken', () => {
  async function refused(order: (attach: Interceptor) => readonly Interceptor[]) {
    const credential = numberedTokens();
    const stage = new Stage(throttledFor(60), [within(1_000), ...order(token(credential))]);
    await stage.ending();
    const before = credential.requests.length;
    const endings = await stage.endings(10, withFreshToken);
    const asked = credential.requests.length - before;
    expect(endings).toEqual(Array(10).fill('ERR_THROTTLED'));
    expect(stage.sends).toBe(1);
    expect(stage.left()).toEqual(NOTHING);
    await expectRecovery(stage);
    return asked;
  }

  it('throttleGate(attachToken(send)): ten refused calls ask for no token', async () => {
    expect(await refused((attach) => [gate(), attach])).toBe(0);
  });

  it('attachToken(throttleGate(send)): they ask for ten that nobody uses; none stays on a request', async () => {
    expect(await refused((attach) => [attach, gate()])).toBe(10);
  });

  /** Tokens are good for 200 s; the gate is closed for 240. */
  async function waited(order: (attach: Interceptor) => readonly Interceptor[]) {
    const credential = numberedTokens(200_000);
    const stage = new Stage(throttledFor(240), order(token(credential)));
    await stage.ending();
    stage.weather = UP;
    expect(await stage.ending()).toBe(200);
    expect(stage.left()).toEqual(NOTHING);
    return { asked: credential.requests.length, sentWith: stage.requests.at(-1)!.token };
  }

  it('throttleGate(attachToken(send)): a call that has waited goes out with the token of that moment', async () => {
    expect(await waited((attach) => [gate(), attach])).toEqual({ asked: 2, sentWith: 'token-2' });
  });

  it('attachToken(throttleGate(send)): it goes out with one that has expired while it waited', async () => {
    expect(await waited((attach) => [attach, gate()])).toEqual({ asked: 1, sentWith: 'token-1' });
  });
});

describe('circuitBreaker and claimsChallenge', () => {
  /** Each request is challenged, and what is sent in answer fails. */
  const failing = (outer: (attach: Interceptor) => readonly Interceptor[]) => {
    const credential = numberedTokens();
    let sent = 0;
    return new Stage(() => (sent++ % 2 === 0 ? challenge(sent) : DOWN), outer(token(credential)));
  };

  it('circuitBreaker(attachToken(claimsChallenge(send))): a challenge and its resend are one attempt that failed', async () => {
    const stage = failing((attach) => [breaker(), attach, claimsChallenge()]);
    const calls = await stage.callsUntilRefused(withFreshToken);
    expect([calls, stage.sends]).toEqual([20, 40]);
    await expectRecovery(stage);
  });

  it('attachToken(claimsChallenge(circuitBreaker(send))): they are a success and a failure; what came back is not lost', async () => {
    const stage = failing((attach) => [attach, claimsChallenge(), breaker()]);
    const calls = await stage.callsUntilRefused(withFreshToken);
    expect([calls, stage.sends]).toEqual([10, 20]);
    await expectRecovery(stage);
  });
});

describe('a challenge that comes back when the circuit has just opened', () => {
  const once = () => ({ holdfast: { retry: false } }) as const;

  async function play(order: (attach: Interceptor) => readonly Interceptor[]) {
    const stage = new Stage(
      ({ url }, sent) => {
        if (url !== '/challenged') return DOWN;
        return sent === 1 ? { ...challenge(1), delayMs: 10 } : UP;
      },
      order(token(numberedTokens())),
    );
    const challenged = stage.call({ url: '/challenged' });
    await clock.settle();
    await stage.endings(20, once);
    expect(await stage.ending(once())).toBe('ERR_CIRCUIT_OPEN');
    const ending = await clock.runUntilSettled(challenged);
    const sends = stage.requests.filter(({ url }) => url === '/challenged').length;
    await expectRecovery(stage);
    return { ending, sends };
  }

  it('circuitBreaker(attachToken(claimsChallenge(send))): is answered, as part of an attempt that was let through', async () => {
    const order = (attach: Interceptor) => [breaker(), attach, claimsChallenge()];
    expect(await play(order)).toEqual({ ending: 200, sends: 2 });
  });

  it('attachToken(claimsChallenge(circuitBreaker(send))): is not; with retries outside its caller gets the 401', async () => {
    const order = (attach: Interceptor) => [attach, claimsChallenge(), breaker()];
    expect(await play(order)).toEqual({ ending: 'ERR_CIRCUIT_OPEN', sends: 1 });
    const retried = (attach: Interceptor) => [retries(), ...order(attach)];
    expect(await play(retried)).toEqual({ ending: 401, sends: 1 });
  });
});

describe('throttleGate and claimsChallenge', () => {
  const throttledInAnswer = (outer: (attach: Interceptor) => readonly Interceptor[]) => {
    const credential = numberedTokens();
    let sent = 0;
    const stage = new Stage(
      () => (sent++ === 0 ? challenge(sent) : throttledFor(60)),
      [within(1_000), ...outer(token(credential))],
    );
    return stage;
  };

  it.each([
    [
      'throttleGate(attachToken(claimsChallenge(send)))',
      (attach: Interceptor) => [gate(), attach, claimsChallenge()],
    ],
    [
      'attachToken(claimsChallenge(throttleGate(send)))',
      (attach: Interceptor) => [attach, claimsChallenge(), gate()],
    ],
  ])('%s: what throttles the answer to a challenge closes the gate for all', async (_, order) => {
    const stage = throttledInAnswer(order);
    expect(await stage.ending()).toBe(429);
    expect(await stage.ending()).toBe('ERR_THROTTLED');
    expect(stage.sends).toBe(2);
    await expectRecovery(stage);
  });

  /** Of a call that is challenged when the gate has just closed for five seconds: its end, and when it was sent again. */
  async function challengedBehind(order: (attach: Interceptor) => readonly Interceptor[]) {
    const stage = new Stage(
      ({ url }, sent) => {
        if (url !== '/challenged') return throttledFor(5);
        return sent === 1 ? { ...challenge(1), delayMs: 10 } : UP;
      },
      order(token(numberedTokens())),
    );
    const from = clock.now();
    const challenged = stage.call({ url: '/challenged' });
    await clock.settle();
    await stage.ending();
    const ending = await clock.runUntilSettled(challenged);
    const resentAt = stage.requests.at(-1)!.at - from;
    await expectRecovery(stage);
    return { ending, resentAt };
  }

  it('throttleGate(attachToken(claimsChallenge(send))): a challenge is answered as part of the attempt that was let through', async () => {
    const order = (attach: Interceptor) => [gate(), attach, claimsChallenge()];
    expect(await challengedBehind(order)).toEqual({ ending: 200, resentAt: 10 });
  });

  it('attachToken(claimsChallenge(throttleGate(send))): the answer to it waits at the gate, and is not lost', async () => {
    const order = (attach: Interceptor) => [attach, claimsChallenge(), gate()];
    expect(await challengedBehind(order)).toEqual({ ending: 200, resentAt: 5_000 });
  });
});

/** A deadline that makes no call wait. */
function within(ms: number): Interceptor {
  return (next) => (config) => {
    const call = currentCall(config);
    call.deadlineAt = call.startedAt + ms;
    return next(config);
  };
}
