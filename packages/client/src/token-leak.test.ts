import { PassThrough } from 'node:stream';
import type { AxiosAdapter } from 'axios';
import { challengeHeader, scriptedTransport, type Step } from '@holdfast/testing';
import { CASES, handPicked, standard, type Case } from './token-leak-cases.js';
import { found, foundWhenSent } from './token-leak-play.js';
import { leaksIn } from './token-leak-search.js';
import { startStage, type Stage } from './token-leak-stage.js';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});

afterAll(() => stage.close());

function begun(): PassThrough {
  const body = new PassThrough();
  body.write('begun');
  return body;
}

/** What only a limit ends: bare axios would wait for ever. */
const STALLED: Readonly<Record<string, Case>> = {
  'a download that stands still': {
    url: '/stall',
    ends: [200],
    limited: (stallMs) => ({ responseType: 'stream', holdfast: { stallMs } }),
  },
  'an upload that stands still': {
    url: '/hang',
    ends: ['ERR_ATTEMPT_TIMEOUT'],
    limited: (stallMs) => ({ method: 'put', data: begun(), holdfast: { stallMs } }),
  },
};

const every = (['http', 'fetch'] as const).flatMap((adapter) =>
  Object.entries({ ...CASES, ...STALLED }).map(([name, one]) => [name, adapter, one] as const),
);

const SCRIPTED: Readonly<Record<string, readonly Step[]>> = {
  'a success': [{ status: 200 }],
  'a 404': [{ status: 404 }],
  'a 500 after a retry': [{ status: 500 }, { status: 500 }],
  'a success after a retry': [{ status: 503 }, { status: 200 }],
  'a retry that fails in another way': [{ status: 503 }, { error: 'ECONNRESET' }],
  'a 429': [{ status: 429, headers: { 'retry-after': '60' } }],
  'a name that is not found': [{ error: 'ENOTFOUND' }, { error: 'ENOTFOUND' }],
  'a certificate that is not trusted': [{ error: 'CERT_HAS_EXPIRED' }],
  'an attempt that takes too long': ['hang', 'hang'],
  'a challenge that is answered': [
    { status: 401, headers: { 'www-authenticate': challengeHeader({ claims: { a: 1 } }) } },
    { status: 200 },
  ],
};

describe.each([
  ['a pipeline picked by hand', handPicked],
  ['a service client', standard],
])('with %s the token and the client secret show nowhere', (_, make) => {
  it.each(every)('in %s, by %s', async (_name, adapter, one) => {
    const before = stage.carried();
    const { end, leaks } = await foundWhenSent(make, adapter, one, stage, leaksIn);
    expect(leaks).toEqual([]);
    expect(one.ends.filter((expected) => end.includes(expected))).not.toEqual([]);
    expect(stage.carried() > before).toBe(one.unsent !== true);
  });

  it.each(Object.entries(SCRIPTED))('in %s, by an adapter without a network', async (_name, script) => {
    const { adapter, requests } = scriptedTransport(script);
    const config = script.includes('hang') ? { holdfast: { attemptTimeoutMs: 20 } } : {};
    const one = { url: '/7', ends: [], config };
    const { leaks } = await found(make, adapter, one, stage, leaksIn);
    expect(leaks).toEqual([]);
    expect(requests.map(({ token }) => typeof token)).toEqual(script.map(() => 'string'));
  });

  it('in a failure that is told again by an adapter of the caller’s own', async () => {
    const { adapter } = scriptedTransport([{ error: 'CERT_HAS_EXPIRED' }]);
    const retelling: AxiosAdapter = (config) =>
      adapter(config).catch((cause: unknown) => Promise.reject(new Error('told again', { cause })));
    const { end, leaks } = await found(make, retelling, { url: '/7', ends: [] }, stage, leaksIn);
    expect(end).toContain('told again');
    expect(leaks).toEqual([]);
  });
});
