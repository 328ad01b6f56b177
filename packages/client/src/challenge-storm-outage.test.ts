import { InteractionRequiredError, TokenAcquisitionError } from './index.js';
import { madeStorm } from './made-challenge-storm.js';

const CALLS = 1_000;
const ANSWERED = 'claims challenge (nbf) answered: sent once more with another token';

const unhandled = jest.fn();

beforeEach(() => {
  unhandled.mockClear();
  process.on('unhandledRejection', unhandled);
});

afterEach(() => {
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

/** What a credential says of a provider that does not give a token just now, or for good. */
function failed(message: string, options: { readonly transient: boolean; readonly retryAfterMs?: number }) {
  return new TokenAcquisitionError({ service: 'idp', message, scopes: [], ...options });
}

describe('1,000 calls in flight whose token is revoked while the identity provider', () => {
  it('throttles (Retry-After: 5): all wait for it, and get through; two token requests', async () => {
    const { clock, breakLoose, source } = madeStorm({
      answer: (_, number) =>
        number === 1 ? failed('throttled', { transient: true, retryAfterMs: 5_000 }) : undefined,
    });
    const beganAt = clock.now();
    const { endings, sends, stories, tokenRequests } = await breakLoose(CALLS);
    expect(endings).toEqual({ 200: CALLS });
    expect(sends).toEqual({ 2: CALLS });
    expect(tokenRequests).toBe(2);
    expect(clock.now() - beganAt).toBe(5_000);
    expect(stories).toEqual({
      'waits 5000 ms: a token could not be had, and may be asked for again then': CALLS,
      [ANSWERED]: CALLS,
    });
    expect(source.requests.slice(1).every(({ options }) => options.claims !== undefined)).toBe(true);
    expect(clock.pendingRef).toBe(0);
  });

  it('throttles for longer than a call may take: each gets its 401 at once; one token request', async () => {
    const { clock, breakLoose } = madeStorm({
      answer: () => failed('throttled', { transient: true, retryAfterMs: 60_000 }),
    });
    const beganAt = clock.now();
    expect(await breakLoose(CALLS)).toMatchObject({
      endings: { 401: CALLS },
      sends: { 1: CALLS },
      tokenRequests: 1,
    });
    expect(clock.now()).toBe(beganAt);
    expect(clock.pendingRef).toBe(0);
  });

  it('is down for as long as the calls may take: three token requests, 5 and 10 seconds apart', async () => {
    const asked: number[] = [];
    const storm = madeStorm({
      answer: () => {
        asked.push(storm.clock.now());
        return failed('connect ECONNREFUSED', { transient: true });
      },
    });
    const { endings, sends, tokenRequests } = await storm.breakLoose(CALLS);
    expect(endings).toEqual({ 401: CALLS });
    expect(sends).toEqual({ 1: CALLS });
    expect(tokenRequests).toBe(3);
    expect(asked.slice(1).map((at, number) => at - asked[number]!)).toEqual([5_250, 10_500]);
    expect(storm.clock.pendingRef).toBe(0);
  });

  it('fails in a way that no credential has foreseen: each gets its 401 at once; one token request', async () => {
    const { breakLoose } = madeStorm({ answer: () => new Error('connect ECONNREFUSED') });
    expect(await breakLoose(CALLS)).toMatchObject({
      endings: { 401: CALLS },
      sends: { 1: CALLS },
      tokenRequests: 1,
    });
  });

  it('takes 20 seconds: all wait for one token request, and get through', async () => {
    const { clock, breakLoose } = madeStorm({ answersInMs: 20_000 });
    const beganAt = clock.now();
    expect(await breakLoose(CALLS)).toEqual({
      endings: { 200: CALLS },
      sends: { 2: CALLS },
      stories: { [ANSWERED]: CALLS },
      tokenRequests: 1,
    });
    expect(clock.now() - beganAt).toBe(20_000);
    expect(clock.pendingRef).toBe(0);
  });

  it('takes longer than a call may: each ends at its deadline, and the token is there for the next call', async () => {
    const { clock, breakLoose, client, source } = madeStorm({ answersInMs: 40_000 });
    const orders = client();
    expect(await breakLoose(CALLS, { clients: [orders] })).toMatchObject({
      endings: { ERR_DEADLINE_EXCEEDED: CALLS },
      sends: { 1: CALLS },
      tokenRequests: 1,
    });
    await clock.advance(10_000);
    expect(await orders.get('/next')).toMatchObject({ status: 200 });
    expect(source.requests).toHaveLength(2);
    expect(clock.pendingRef).toBe(0);
  });

  it('refuses the application (invalid_client): each gets its 401; one token request', async () => {
    const { clock, breakLoose } = madeStorm({ answer: () => failed('invalid_client', { transient: false }) });
    expect(await breakLoose(CALLS)).toEqual({
      endings: { 401: CALLS },
      sends: { 1: CALLS },
      stories: { 'claims challenge (nbf) not answered: invalid_client': CALLS },
      tokenRequests: 1,
    });
    expect(clock.pendingRef).toBe(0);
  });

  it('wants to see the user: each call says so; one token request', async () => {
    const { clock, breakLoose } = madeStorm({
      answer: ({ options: { claims = '' } }) =>
        new InteractionRequiredError({ service: 'idp', message: 'sign in', scopes: [], claims }),
    });
    expect(await breakLoose(CALLS)).toEqual({
      endings: { ERR_INTERACTION_REQUIRED: CALLS },
      sends: { 1: CALLS },
      stories: { 'claims challenge (nbf) not answered: a user is needed': CALLS },
      tokenRequests: 1,
    });
    expect(clock.pendingRef).toBe(0);
  });
});
