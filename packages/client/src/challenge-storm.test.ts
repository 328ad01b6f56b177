import { cachedCredential } from './index.js';
import { claimsFor, madeStorm } from './made-challenge-storm.js';

const CALLS = 10_000;
// What holds for these holds for more, in less time.
const FEWER = 1_000;
const ANSWERED = 'claims challenge (nbf) answered: sent once more with another token';
const TOO_LATE = 'claims challenge (nbf) not answered: there was an answer already';

const unhandled = jest.fn();

beforeEach(() => {
  unhandled.mockClear();
  process.on('unhandledRejection', unhandled);
});

afterEach(() => {
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

describe('10,000 calls in flight whose token is revoked', () => {
  it('make one token request, and are each sent once more: none fails', async () => {
    const { clock, source, breakLoose } = madeStorm();
    expect(await breakLoose(CALLS)).toEqual({
      endings: { 200: CALLS },
      sends: { 2: CALLS },
      stories: { [ANSWERED]: CALLS },
      tokenRequests: 1,
    });
    expect(source.requests[1]?.options.claims).toContain('the same');
    expect(clock.pendingRef).toBe(0);
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });
});

describe('1,000 calls in flight whose token is revoked', () => {
  it('without claims (invalid_token) make one token request as well', async () => {
    const { breakLoose } = madeStorm({ challenge: () => 'Bearer error="invalid_token"' });
    expect(await breakLoose(FEWER)).toMatchObject({
      endings: { 200: FEWER },
      sends: { 2: FEWER },
      tokenRequests: 1,
    });
  });

  it('each with claims of its own make three token requests, one after the other: none fails', async () => {
    const { breakLoose } = madeStorm({ challenge: claimsFor });
    expect(await breakLoose(FEWER)).toMatchObject({
      endings: { 200: FEWER },
      sends: { 2: FEWER },
      tokenRequests: 3,
    });
  });

  it('by an API that is content with no token are sent twice each, and get its 401', async () => {
    const { breakLoose } = madeStorm({ isNeverContent: true });
    expect(await breakLoose(FEWER)).toEqual({
      endings: { 401: FEWER },
      sends: { 2: FEWER },
      stories: { [ANSWERED]: FEWER, [TOO_LATE]: FEWER },
      tokenRequests: 1,
    });
  });

  it('by an API that is content with no token, and says something else each time, are sent twice at most', async () => {
    let said = 0;
    const { breakLoose } = madeStorm({
      isNeverContent: true,
      challenge: () => claimsFor(String((said += 1))),
    });
    const { endings, sends, tokenRequests } = await breakLoose(FEWER);
    expect(endings).toEqual({ 401: FEWER });
    expect(Object.keys(sends).map(Number).sort()).toEqual([2]);
    expect(tokenRequests).toBe(3);
  });

  it('and half of which are given up meanwhile: these end at once, and the others get through', async () => {
    const controllers = Array.from({ length: FEWER }, () => new AbortController());
    const { clock, breakLoose } = madeStorm({
      answersInMs: 1_000,
    });
    const aftermath = await breakLoose(FEWER, {
      request: (number) => ({ signal: controllers[number]!.signal }),
      meanwhile: () => {
        for (let number = 0; number < FEWER; number += 2) controllers[number]!.abort();
      },
    });
    expect(aftermath).toMatchObject({
      endings: { 200: FEWER / 2, ERR_CANCELED: FEWER / 2 },
      sends: { 1: FEWER / 2, 2: FEWER / 2 },
      tokenRequests: 1,
    });
    expect(clock.pendingRef).toBe(0);
  });

  it('on two clients with one cached credential make one token request', async () => {
    const storm = madeStorm();
    const credential = cachedCredential(storm.source, { clock: storm.clock, random: () => 0.5 });
    const clients = [1, 2].map(() => storm.client({ credential }));
    expect(await storm.breakLoose(FEWER, { clients })).toMatchObject({
      endings: { 200: FEWER },
      sends: { 2: FEWER },
      tokenRequests: 1,
    });
  });
});
