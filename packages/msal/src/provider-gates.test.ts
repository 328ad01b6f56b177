import { retryAfterOf } from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import { refused } from './refused.js';
import { ProviderFailure } from './network.js';
import { ProviderGates } from './provider-gates.js';

const AUTHORITY = 'https://login.microsoftonline.com/contoso';

let clock: ManualClock;
let gates: ProviderGates;
/** For whom the provider was asked, in order. */
let asked: string[];
/** Those for whom it answers 429. */
let throttled: Set<string>;

beforeEach(() => {
  clock = manualClock({ fakeGlobals: false });
  gates = new ProviderGates({ clock, random: () => 0 });
  asked = [];
  throttled = new Set();
});

function failure(): Error {
  const init = { code: 'http_429', message: 'answered 429', correlationId: 'id', transient: true };
  const cause = new ProviderFailure(init);
  return refused('No token for s: the identity provider answered 429', ['s'], { transient: true, cause });
}

/** What one user's acquisition on behalf of him comes to: `token`, or the milliseconds that he has to wait. */
async function acquire(
  principal: string,
  authority: string = AUTHORITY,
): Promise<string | number | undefined> {
  const ask = () => {
    asked.push(principal);
    return throttled.has(principal) ? Promise.reject(failure()) : Promise.resolve('token');
  };
  return gates
    .pass({ authority, principal, scopes: ['s'], caller: {} }, ask)
    .catch((error: unknown) => retryAfterOf(error));
}

describe('acquisitions on behalf of users', () => {
  it('one user who is throttled is not asked for again, and blocks nobody else', async () => {
    throttled.add('ann');
    expect(await acquire('ann')).toBe(5_000);
    expect(await acquire('ann')).toBe(5_000);
    expect(await acquire('bob')).toBe('token');
    expect(asked).toEqual(['ann', 'bob']);
  });

  it('two who are throttled block nobody else, however often they come', async () => {
    throttled = new Set(['ann', 'bob']);
    for (let round = 0; round < 4; round += 1) {
      await acquire('ann');
      await acquire('bob');
      await clock.advance(14_000);
    }
    expect(await acquire('cid')).toBe('token');
  });

  it('three in a row are the provider’s own trouble: nobody else is sent there until one has gone ahead', async () => {
    throttled = new Set(['ann', 'bob', 'cid', 'dan']);
    for (const user of ['ann', 'bob', 'cid']) await acquire(user);
    expect(await acquire('eve')).toBe(5_000);
    await clock.advance(5_000);
    expect(await Promise.all([acquire('dan'), acquire('eve')])).toEqual([10_000, 10_000]);
    expect(asked).toEqual(['ann', 'bob', 'cid', 'dan']);
    await clock.advance(10_000);
    expect(await Promise.all([acquire('eve'), acquire('fay')])).toEqual(['token', 'token']);
  });

  it('three among whom others got their tokens block nobody else', async () => {
    throttled = new Set(['ann', 'bob', 'cid']);
    for (const user of ['ann', 'bob', 'dan', 'cid']) await acquire(user);
    expect(await acquire('eve')).toBe('token');
  });

  it('three within more than a minute block nobody else', async () => {
    throttled = new Set(['ann', 'bob', 'cid']);
    for (const user of ['ann', 'bob', 'cid']) {
      await clock.advance(30_001);
      await acquire(user);
    }
    expect(await acquire('eve')).toBe('token');
  });

  it('of one tenant say nothing about another', async () => {
    throttled = new Set(['ann', 'bob', 'cid']);
    for (const user of ['ann', 'bob', 'cid']) await acquire(user);
    expect(await acquire('ann', 'https://login.microsoftonline.com/fabrikam')).toBe(5_000);
    expect(await acquire('dan', 'https://login.microsoftonline.com/fabrikam')).toBe('token');
  });

  it('one whose own time is not over does not use up the turn of the one who goes ahead for all', async () => {
    throttled = new Set(['ann', 'bob']);
    await acquire('ann');
    await clock.advance(5_000);
    await acquire('ann');
    await acquire('bob');
    throttled.add('cid');
    await acquire('cid');
    await clock.advance(5_000);
    // Ann has 5 s more to wait; the others have not.
    throttled.clear();
    expect(await Promise.all([acquire('ann'), acquire('dan')])).toEqual([5_000, 'token']);
  });

  it('of a million users take up the room of a thousand, and of those who get tokens none', async () => {
    for (let user = 0; user < 100; user += 1) await acquire(`user ${user}`);
    expect(gates.size).toBe(0);
    for (let user = 0; user < 1_200; user += 1) {
      throttled.add(`user ${user}`);
      await acquire(`user ${user}`);
      await acquire('bob');
    }
    expect(gates.size).toBeGreaterThan(900);
    expect(gates.size).toBeLessThanOrEqual(1_000);
    expect(clock.pending).toBe(0);
  });
});

describe('gates of which there are too many', () => {
  it('are not forgotten while somebody is under way: he would be asked for twice at a time', async () => {
    const arrival = { authority: AUTHORITY, scopes: ['s'], caller: {} };
    await gates.pass(arrival, () => Promise.reject(failure())).catch(() => undefined);
    await clock.advance(5_000);
    let times = 0;
    let end: (token: string) => void = () => undefined;
    const ask = () => {
      times += 1;
      return new Promise<string>((resolve) => (end = resolve));
    };
    const ahead = gates.pass(arrival, ask);
    for (let tenant = 0; tenant < 1_100; tenant += 1)
      await gates
        .pass({ ...arrival, authority: `${AUTHORITY}${tenant}` }, () => Promise.reject(failure()))
        .catch(() => undefined);
    const second = gates.pass(arrival, () => {
      times += 1;
      return Promise.resolve('second');
    });
    await Promise.resolve();
    expect(times).toBe(1);
    end('first');
    await expect(Promise.all([ahead, second])).resolves.toEqual(['first', 'second']);
  });
});
