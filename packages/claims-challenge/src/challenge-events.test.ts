import { Readable } from 'node:stream';
import { InteractionRequiredError, callOf, install, subscribe, type ChallengeEvent } from '@holdfast/core';
import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type CredentialAnswer,
  type ScriptFunction,
  type Step,
} from '@holdfast/testing';
import { attachToken } from '@holdfast/token';
import axios from 'axios';
import { claimsChallenge } from './index.js';

const CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}';
const refused = (header: string): Step => ({ status: 401, headers: { 'www-authenticate': header } });
const CHALLENGED = refused(challengeHeader({ claims: CLAIMS }));
const INVALID = refused('Bearer error="invalid_token"');

let events: ChallengeEvent[];
let reasons: (string | undefined)[];
let undo: (() => void)[];

beforeEach(() => {
  events = [];
  reasons = [];
  undo = [
    subscribe('holdfast:challenge', (event) => events.push(event)),
    subscribe('tracing:holdfast:attempt:start', ({ reason }) => reasons.push(reason)),
  ];
});
afterEach(() => {
  for (const back of undo) back();
});

interface Setting {
  readonly first?: Step;
  readonly answer?: (number: number) => CredentialAnswer | Promise<CredentialAnswer>;
}

/** An API that refuses the token t-1. */
function setUp({ first = CHALLENGED, answer = (number) => `t-${number}` }: Setting = {}) {
  const clock = manualClock({ fakeGlobals: false });
  const script: ScriptFunction = ({ token }) => (token === 't-1' ? first : { status: 200 });
  const { adapter } = scriptedTransport(script, { clock });
  const source = staticCredential((_, number) => answer(number));
  const client = axios.create({
    baseURL: 'https://orders.test',
    adapter,
    validateStatus: () => true,
    transformRequest: [(data: unknown) => data],
  });
  install(client, [attachToken(source, { scopes: 'orders', clock }), claimsChallenge()], { clock });
  return client;
}

describe('an observer of challenges', () => {
  it.each<[string, ChallengeEvent['error'], Step, string]>([
    ['with claims', 'insufficient_claims', CHALLENGED, 'claims challenge (nbf)'],
    ['without claims', 'invalid_token', INVALID, 'invalid_token'],
  ])(
    'hears of one %s that was answered, and why the attempt after it was sent',
    async (_, error, first, name) => {
      const response = await setUp({ first }).get('/7');
      expect(events).toEqual([{ call: callOf(response), error, answered: true, reason: undefined }]);
      expect(reasons).toEqual([undefined, `${name} answered: sent once more with another token`]);
    },
  );

  it.each<[string, Setting, string]>([
    [
      'only a user can help',
      {
        answer: (number) =>
          number === 1
            ? 't-1'
            : new InteractionRequiredError({ service: 'p', message: 'm', scopes: ['orders'] }),
      },
      'a user is needed',
    ],
    ['the source has no other token', { answer: () => 't-1' }, 'there is no other token'],
    [
      'the source fails',
      { answer: (number) => (number === 1 ? 't-1' : new Error('Bearer a-secret')) },
      'No token for orders: the credential failed (Error)',
    ],
  ])('hears that one was not answered when %s', async (_, setting, reason) => {
    await setUp(setting)
      .get('/7')
      .catch(() => undefined);
    expect(events).toMatchObject([{ error: 'insufficient_claims', answered: false, reason }]);
    expect(reasons).toHaveLength(1);
  });

  it('hears that one was not answered when the body is a stream', async () => {
    const response = await setUp().post('/7', Readable.from(['body']));
    expect(events).toEqual([
      {
        call: callOf(response),
        error: 'insufficient_claims',
        answered: false,
        reason: 'the body is a stream, and gone',
      },
    ]);
  });

  it('hears that one was not answered because the caller gave up meanwhile', async () => {
    const giveUp = new AbortController();
    const client = setUp({
      answer: (number) => {
        if (number === 1) return 't-1';
        setImmediate(() => {
          giveUp.abort();
        });
        return new Promise(() => undefined);
      },
    });
    await expect(client.get('/7', { signal: giveUp.signal })).rejects.toHaveProperty('code', 'ERR_CANCELED');
    expect(events).toMatchObject([{ answered: false, reason: 'given up meanwhile' }]);
  });

  it('hears nothing of a 401 that challenges nobody, nor of one to a request without our token', async () => {
    await setUp({ first: { status: 401 } }).get('/7');
    await setUp().get('/7', { headers: { Authorization: 'Bearer t-1' } });
    expect(events).toEqual([]);
  });
});
