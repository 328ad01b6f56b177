import { Readable } from 'node:stream';
import axios, { type AxiosRequestConfig } from 'axios';
import {
  callOf,
  currentCall,
  install,
  subscribe,
  type ChallengeEvent,
  type Interceptor,
} from '@holdfast/core';
import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type ScriptFunction,
  type Step,
} from '@holdfast/testing';
import { attachToken } from '@holdfast/token';
import { claimsChallenge, type Challenger, type ClaimsChallengeOptions } from './index.js';

const OK: Step = { status: 200 };
const refused = (...lines: readonly string[]): Step => ({
  status: 401,
  headers: { 'www-authenticate': lines },
});
const NONCE = 'DPoP error="use_dpop_nonce"';
const CLAIMS = challengeHeader({ claims: { access_token: { nbf: { value: '1' } } } });
const HOLDER = 'x-proof';

let events: ChallengeEvent[];
let undo: () => void;
beforeEach(() => {
  events = [];
  undo = subscribe('holdfast:challenge', (event) => events.push(event));
});
afterEach(() => {
  undo();
});

/** One that knows DPoP, and an interceptor of its own that puts on what is different. */
function dpop(answer?: Challenger['answer']): { challenger: Challenger; interceptor: Interceptor } {
  let nonce = 0;
  return {
    challenger: {
      name: 'dpop',
      answer:
        answer ??
        ((challenges) => {
          const isOurs = challenges.some(({ scheme }) => scheme === 'dpop');
          if (isOurs) nonce += 1;
          return isOurs;
        }),
    },
    interceptor: (next) => (config) => {
      config.headers.set(HOLDER, `proof ${nonce}`);
      return next(config);
    },
  };
}

function setUp(
  script: readonly Step[] | ScriptFunction,
  challengers: readonly Challenger[],
  inside: readonly Interceptor[] = [],
) {
  const clock = manualClock({ fakeGlobals: false });
  const transport = scriptedTransport(script, { clock });
  const source = staticCredential((_, number) => `t-${number}`);
  const client = axios.create({
    baseURL: 'https://orders.test',
    adapter: transport.adapter,
    validateStatus: () => true,
  });
  const token = attachToken(source, { scopes: 's', clock });
  install(client, [token, claimsChallenge({ challengers }), ...inside], { clock });
  const get = (config: AxiosRequestConfig = {}) => client.get('/7', config);
  return { get, client, clock, source, requests: transport.requests };
}

describe('a challenger from outside', () => {
  it('has the request sent once more, with what its own interceptor puts on, and the same token', async () => {
    const { challenger, interceptor } = dpop();
    const { get, source, requests } = setUp([refused(NONCE), OK], [challenger], [interceptor]);
    const response = await get();
    expect(response.status).toBe(200);
    expect(requests.map(({ headers, token }) => [headers[HOLDER], token])).toEqual([
      ['proof 0', 't-1'],
      ['proof 1', 't-1'],
    ]);
    expect(source.requests).toHaveLength(1);
    expect(String(callOf(response))).toContain('401; dpop answered: sent once more\n');
    expect(events).toEqual([
      { call: callOf(response), error: undefined, challenger: 'dpop', answered: true, reason: undefined },
    ]);
  });

  it('comes before the token: each answers once, so three sends are the most', async () => {
    const { challenger, interceptor } = dpop();
    const { get, requests } = setUp(() => refused(CLAIMS, NONCE), [challenger], [interceptor]);
    expect(await get()).toMatchObject({ status: 401 });
    expect(requests.map(({ headers, token }) => [headers[HOLDER], token])).toEqual([
      ['proof 0', 't-1'],
      ['proof 1', 't-1'],
      ['proof 1', 't-2'],
    ]);
  });

  it('is asked about the second 401 as well, when the first was none of its business', async () => {
    const { challenger, interceptor } = dpop();
    const { get, requests } = setUp([refused(CLAIMS), refused(NONCE), OK], [challenger], [interceptor]);
    expect(await get()).toMatchObject({ status: 200 });
    expect(requests.map(({ token }) => token)).toEqual(['t-1', 't-2', 't-2']);
  });

  it('may have members of its own', async () => {
    const own = { name: 'own', kind: 'insufficient_claims', title: 't', answer: () => true };
    const { get } = setUp([refused('Vendor'), OK], [own]);
    expect(await get()).toMatchObject({ status: 200 });
    expect(events).toMatchObject([{ error: undefined, challenger: 'own', answered: true }]);
  });

  it('that says yes for ever costs one send per call', async () => {
    const always: Challenger = { name: 'always', answer: () => true };
    const { get, requests } = setUp(() => refused('Vendor'), [always, always]);
    const response = await get();
    expect(response).toMatchObject({ status: 401 });
    expect(requests).toHaveLength(2);
    const story = String(callOf(response));
    expect(story).toContain('401; always answered: sent once more\n');
    expect(story).toMatch(/401; always not answered: there was an answer already$/);
  });

  it.each<[string, Challenger['answer']]>([
    [
      'throws',
      () => {
        throw new TypeError('a-secret');
      },
    ],
    ['rejects', () => Promise.reject(new TypeError('a-secret'))],
  ])('that %s has said no, and says why: the next one is asked, and then the token', async (_, answer) => {
    const next: Challenger = { name: 'next', answer: () => false };
    const { get } = setUp([refused(CLAIMS), OK], [dpop(answer).challenger, next]);
    const response = await get();
    expect(response.status).toBe(200);
    const story = String(callOf(response));
    expect(story).toContain('dpop not answered: it failed (TypeError); claims challenge (nbf) answered');
    expect(story).not.toContain('a-secret');
  });

  it.each(['signal', 'cancelToken'] as const)('that hangs holds nobody who gives up, by %s', async (by) => {
    const { challenger } = dpop(() => new Promise<boolean>(() => undefined));
    const { get, clock, requests } = setUp([refused(NONCE)], [challenger]);
    const controller = new AbortController();
    const cancel = axios.CancelToken.source();
    const config = by === 'signal' ? { signal: controller.signal } : { cancelToken: cancel.token };
    const call = get(config).catch((error: unknown) => error);
    await clock.settle();
    controller.abort();
    cancel.cancel();
    expect(await call).toMatchObject({ code: 'ERR_CANCELED' });
    expect(requests).toHaveLength(1);
    expect(events).toMatchObject([{ challenger: 'dpop', answered: false, reason: 'given up meanwhile' }]);
  });

  it.each<[string, (giveUp: () => void) => Promise<boolean>]>([
    [
      'fails with an error of its own',
      (giveUp) => {
        giveUp();
        return Promise.reject(new Error('AbortError'));
      },
    ],
    [
      'says yes all the same',
      (giveUp) => {
        giveUp();
        return Promise.resolve(true);
      },
    ],
    [
      'has just said yes',
      (giveUp) => {
        const yes = Promise.resolve(true);
        void yes.then(() => {
          queueMicrotask(giveUp);
        });
        return yes;
      },
    ],
  ])('that %s when the caller gives up: he is told that he did, and nothing is sent', async (_, answer) => {
    const controller = new AbortController();
    const { challenger } = dpop(() =>
      answer(() => {
        controller.abort();
      }),
    );
    const { get, requests } = setUp([refused(NONCE)], [challenger]);
    await expect(get({ signal: controller.signal })).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    expect(requests).toHaveLength(1);
    expect(events).toMatchObject([{ challenger: 'dpop', answered: false, reason: 'given up meanwhile' }]);
  });

  it('is not asked about what carried no token of ours, nor about a body that is gone', async () => {
    const asked: unknown[] = [];
    const { challenger } = dpop((challenges) => asked.push(challenges) > 0);
    const { get, client } = setUp(() => refused(NONCE), [challenger]);
    await get({ headers: { Authorization: 'Bearer mine' } });
    await get({ holdfast: { token: false } });
    await client.post('/7', Readable.from(['x']));
    expect(asked).toEqual([]);
  });

  it('that asks about the token finds it on the request, and nobody does afterwards', async () => {
    let seen: unknown;
    const { challenger } = dpop((_, { config }) => {
      seen = config.headers.get('Authorization');
      return false;
    });
    const { get } = setUp([refused(NONCE)], [challenger]);
    const { config } = await get();
    expect(seen).toBe('Bearer t-1');
    expect(config.headers.get('Authorization')).toBeUndefined();
    expect(currentCall(config).authorization).toBeUndefined();
  });
});

describe('claimsChallenge() with nonsense for challengers', () => {
  const answer = () => true;
  it.each<[string, unknown]>([
    ['no list', { name: 'one', answer }],
    ['a list with nothing', [null]],
    ['one without a name', [{ answer }]],
    ['an empty name', [{ name: '', answer }]],
    ['a name of two lines', [{ name: 'one\nanother', answer }]],
    ['a name without end', [{ name: 'a'.repeat(101), answer }]],
    ['one without answer()', [{ name: 'one' }]],
    ['an answer that is no function', [{ name: 'one', answer: true }]],
  ])('names the option: %s', (_, challengers) => {
    expect(() => claimsChallenge({ challengers } as ClaimsChallengeOptions)).toThrow(
      'claimsChallenge(): the option "challengers" must be a list of challengers, each with a name and answer()',
    );
  });
});
