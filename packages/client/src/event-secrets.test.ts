import axios, { type AxiosRequestConfig } from 'axios';
import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type Step,
} from '@holdfast/testing';
import { subscribe } from '@holdfast/core';
import { createServiceClient } from './index.js';
import { CASES, standard } from './token-leak-cases.js';
import { foundWhenSent } from './token-leak-play.js';
import { leaksIn, pathsToSecrets } from './token-leak-search.js';
import { SECRETS, startStage, type Stage } from './token-leak-stage.js';

const CHANNELS = [
  ...(['call', 'attempt', 'token'] as const).flatMap((name) =>
    (['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const).map(
      (phase) => `tracing:holdfast:${name}:${phase}` as const,
    ),
  ),
  'holdfast:challenge',
  'holdfast:circuit',
  'holdfast:gate',
  'holdfast:warning',
] as const;

/** Listens to everything, and looks at each event when it is told: then the token is still on the request. */
function spy(secrets: readonly string[]) {
  const leaks: string[] = [];
  const heard = new Map<string, unknown>();
  const undo = CHANNELS.map((name) =>
    subscribe(name, (event) => {
      heard.set(name, event);
      leaks.push(...pathsToSecrets(event, secrets).map((leak) => `${name}: ${leak}`));
    }),
  );
  return {
    leaks,
    heard,
    stop: () => {
      for (const back of undo) back();
      for (const [name, event] of heard)
        leaks.push(...leaksIn(event, secrets).map((leak) => `${name}: ${leak}`));
    },
  };
}

describe('an observer finds neither token nor client secret in any event', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await startStage();
  });
  afterAll(() => stage.close());

  const every = (['http', 'fetch'] as const).flatMap((adapter) =>
    Object.entries(CASES).map(([name, one]) => [name, adapter, one] as const),
  );

  it.each(every)('of %s, by %s', async (_, adapter, one) => {
    const { leaks, heard, stop } = spy(SECRETS);
    await foundWhenSent(standard, adapter, one, stage, pathsToSecrets);
    stop();
    expect(leaks).toEqual([]);
    expect([...heard.keys()]).toEqual(
      expect.arrayContaining(['tracing:holdfast:call:start', 'tracing:holdfast:call:asyncEnd']),
    );
  });
});

const NAMES = [
  'query',
  'fragment',
  'header',
  'body',
  'user',
  'password',
  'answer',
  'cookie',
  'claims',
  'token',
  'own',
];
const PRIVATE = NAMES.map((name) => `the-${name}-secret`);
const ANSWER = { data: 'the-answer-secret', headers: { 'set-cookie': 'sid=the-cookie-secret' } };
const CHALLENGE = challengeHeader({ claims: { access_token: { nbf: { value: 'the-claims-secret' } } } });
const claims = /claims="(.*)"/.exec(CHALLENGE)?.[1] ?? '';

describe('an observer finds nothing of a request or an answer in any event', () => {
  const OK: Step = { ...ANSWER, status: 200 };
  const scripts: readonly (readonly [name: string, steps: readonly Step[], config: AxiosRequestConfig])[] = [
    ['a success', [OK], {}],
    ['a failure', [{ ...ANSWER, status: 404 }], {}],
    ['a retry', [{ ...ANSWER, status: 503 }, { error: 'ECONNRESET' }, OK], {}],
    [
      'a failure that quotes the request',
      [
        {
          error: 'CERT_HAS_EXPIRED',
          message: 'https://u:the-password-secret@h/?a=the-query-secret Bearer the-token-secret',
        },
      ],
      {},
    ],
    ['a challenge', [{ ...ANSWER, status: 401, headers: { 'www-authenticate': CHALLENGE } }, OK], {}],
    ['a throttle', [{ ...ANSWER, status: 429, headers: { 'retry-after': '3600' } }], {}],
    ['an own header', [OK], { headers: { Authorization: 'Bearer the-own-secret' } }],
    [
      'a user name in the URL',
      [OK],
      { url: 'https://the-user-secret:the-password-secret@orders.test/7', holdfast: { token: false } },
    ],
    [
      'a URL that is no URL',
      [{ error: 'ERR_INVALID_URL' }],
      {
        baseURL: '',
        url: 'https:\\\\the-user-secret:the-password-secret@orders.test/7',
        holdfast: { token: false },
      },
    ],
  ];

  it.each(scripts)('of %s', async (_, steps, config) => {
    using clock = manualClock();
    const { leaks, heard, stop } = spy([...PRIVATE, claims, Buffer.from(claims, 'base64url').toString()]);
    const { adapter, requests } = scriptedTransport(steps, { clock });
    const client = createServiceClient({
      name: 'orders',
      baseURL: 'https://orders.test',
      scopes: 'orders',
      credential: staticCredential(['the-token-secret', 'the-token-secret-2']),
      clock,
      axios: { adapter, headers: { 'x-api-key': 'the-header-secret' } },
    });
    const call = client.request({
      method: 'put',
      url: '/7?sig=the-query-secret#the-fragment-secret',
      params: { key: 'the-query-secret' },
      data: { body: 'the-body-secret' },
      ...config,
    });
    const end: unknown = await clock.runUntilSettled(call.catch((error: unknown) => error));
    stop();
    expect(leaks).toEqual([]);
    expect(requests).toHaveLength(steps.length);
    expect(heard.size).toBeGreaterThan(6);
    // That the search finds what is there: the outcome itself has it.
    expect(pathsToSecrets(end, PRIVATE)).not.toEqual([]);
  });

  it('of a credential that fails with what it has sent', async () => {
    const { leaks, heard, stop } = spy(PRIVATE);
    const credential = staticCredential(() =>
      Object.assign(new Error('client_secret=the-own-secret'), { config: { data: 'the-body-secret' } }),
    );
    const { adapter } = scriptedTransport([]);
    const options = { name: 'orders', baseURL: 'https://orders.test', scopes: 'orders', credential };
    // A deadline that is over before the credential may be asked again: else the call would wait for that.
    const client = createServiceClient({ ...options, deadlineMs: 4_000, axios: { adapter } });
    expect(axios.isAxiosError(await client.get('/7').catch((error: unknown) => error))).toBe(true);
    stop();
    expect(leaks).toEqual([]);
    expect([...heard.keys()]).toEqual(
      expect.arrayContaining(['tracing:holdfast:token:error', 'tracing:holdfast:call:error']),
    );
  });
});
