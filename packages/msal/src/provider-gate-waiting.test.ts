import { InteractionRequiredAuthError } from '@azure/msal-node';
import { InteractionRequiredError, isHoldfastError } from '@holdfast/core';
import { ProviderFailure } from './network.js';
import { ProviderGate } from './provider-gate.js';
import { refused } from './refused.js';

let now: number;
let gate: ProviderGate;

beforeEach(() => {
  now = 1_000_000;
  const setTimeout = () => {
    throw new Error('A gate has no timer');
  };
  gate = new ProviderGate({ clock: { now: () => now, setTimeout }, random: () => 0 });
});

function trouble(retryAfterMs?: number): Error {
  const init = { code: 'http_503', message: 'answered 503', correlationId: 'id', transient: true };
  const known = { transient: true, retryAfterMs, cause: new ProviderFailure(init) };
  return refused('No token for s: the identity provider answered 503', ['s'], known);
}

interface Acquisition {
  readonly leave: () => void;
  readonly succeed: () => void;
  readonly fail: (error: Error) => void;
  /** Whether the provider was asked for it. */
  asked: boolean;
  /** `token`, the milliseconds to wait, or `left`; `undefined` while nothing is known. */
  outcome: unknown;
}

/** Asks for a token, in a way that does not heed that the caller has left. */
function acquire(): Acquisition {
  const abort = new AbortController();
  let succeed: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const answer = new Promise<void>((resolve, reject) => {
    succeed = resolve;
    fail = reject;
  });
  answer.catch(() => undefined);
  const one: Acquisition = {
    leave: () => {
      abort.abort();
    },
    succeed,
    fail,
    asked: false,
    outcome: undefined,
  };
  const ask = () => {
    one.asked = true;
    return answer;
  };
  gate.pass({ scopes: ['s'], caller: { signal: abort.signal } }, ask).then(
    () => (one.outcome = 'token'),
    (error: unknown) => {
      one.outcome = isHoldfastError(error, 'ERR_TOKEN_ACQUISITION') ? error.retryAfterMs : 'left';
    },
  );
  return one;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

/** The provider had trouble, and may be asked again. */
async function recover(): Promise<void> {
  const first = acquire();
  first.fail(trouble());
  await settle();
  now += 5_000;
}

describe('while one goes ahead', () => {
  it('who gives up ahead makes way at once, although his request goes on', async () => {
    await recover();
    const ahead = acquire();
    const waiting = acquire();
    await settle();
    ahead.leave();
    await settle();
    expect(ahead.outcome).toBe('left');
    expect(waiting.asked).toBe(true);
    waiting.succeed();
    await settle();
    expect(waiting.outcome).toBe('token');
  });

  it('what becomes of the request of one who gave up closes nothing', async () => {
    await recover();
    const ahead = acquire();
    await settle();
    ahead.leave();
    await settle();
    const next = acquire();
    await settle();
    ahead.fail(trouble(60_000));
    next.succeed();
    await settle();
    expect(next.outcome).toBe('token');
    expect(gate.leftMs).toBe(0);
  });

  it('one who waits can leave at once, and is not asked for when it is his turn', async () => {
    await recover();
    const ahead = acquire();
    const waiting = acquire();
    await settle();
    waiting.leave();
    await settle();
    expect(waiting.outcome).toBe('left');
    ahead.succeed();
    await settle();
    expect(waiting.asked).toBe(false);
  });

  it('who waited gets the failure of the one ahead, although its time has passed meanwhile', async () => {
    await recover();
    const ahead = acquire();
    const waiting = acquire();
    await settle();
    ahead.fail(trouble(1));
    // The process was busy with something else.
    await Promise.resolve().then(() => undefined);
    now += 1_000;
    await settle();
    expect(waiting).toMatchObject({ asked: false, outcome: 0 });
  });
});

describe('one trouble that many requests have met', () => {
  it('is one failure: the next wait is twice as long, however many of them named a later instant', async () => {
    const all = [acquire(), acquire(), acquire(), acquire()];
    all.forEach((one, at) => {
      one.fail(trouble(1_000 * (at + 1)));
    });
    await settle();
    now += 4_000;
    const next = acquire();
    next.fail(trouble());
    await settle();
    expect(gate.leftMs).toBe(10_000);
  });
});

it('one who has left already is not asked for', async () => {
  const caller = { signal: AbortSignal.abort() };
  let asked = 0;
  const ask = () => Promise.resolve((asked += 1));
  await expect(gate.pass({ scopes: ['s'], caller }, ask)).rejects.toMatchObject({ code: 'ERR_CANCELED' });
  expect(asked).toBe(0);
});

describe('users of whom some are throttled', () => {
  const pass = (principal: string, error?: Error) =>
    gate
      .pass({ scopes: ['s'], caller: {}, principal }, () =>
        error === undefined ? Promise.resolve('token') : Promise.reject(error),
      )
      .catch(() => undefined);

  it('have a provider that answers, where it says to one of them that he is to be asked', async () => {
    const cause = new InteractionRequiredAuthError('interaction_required', '');
    const init = { service: 'identity provider', message: 'Ask him', scopes: ['s'], cause };
    const answer = new InteractionRequiredError({ ...init, claims: undefined });
    await pass('ann', trouble());
    await pass('bob', trouble());
    await pass('cid', answer);
    await pass('dan', trouble());
    expect(gate.leftMs).toBe(0);
  });

  it('are counted anew when the clock was set back: nobody knows when they failed', async () => {
    await pass('ann', trouble());
    await pass('bob', trouble());
    now -= 3_600_000;
    await pass('cid', trouble());
    expect(gate.leftMs).toBe(0);
  });
});
