import { isHoldfastError } from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import { cachedCredential } from '@holdfast/token';
import nock, { type ReplyBody, type ReplyHeaders } from 'nock';
import { managedIdentity } from './index.js';
import { failureOf } from './made-outcomes.js';

// MSAL keeps its source for the process, and Jest loads it anew for each file: nothing in this one's environment names any.
const SCOPE = 'https://vault.azure.net/.default';
const HOST = 'http://169.254.169.254';
const PATH = '/metadata/identity/oauth2/token';
const NO_HEADER = { error: 'invalid_request', error_description: 'Required metadata header not specified' };

interface MadeAnswer {
  readonly status: number;
  readonly body?: ReplyBody;
  readonly headers?: ReplyHeaders;
}

/** What was sent to the metadata service's address, in order: `probe` or `token`. */
let sent: string[];
let clock: ManualClock;

beforeEach(() => {
  sent = [];
  clock = manualClock({ fakeGlobals: false, now: Date.now() });
  nock.disableNetConnect();
});

afterEach(() => {
  nock.cleanAll();
});

/** Who answers at that address to a request without the `Metadata` header. */
function probed(answer: () => Promise<MadeAnswer>): void {
  nock(HOST, { badheaders: ['Metadata'] })
    .persist()
    .get(PATH)
    .query({ 'api-version': '2018-02-01' })
    .reply(async () => {
      sent.push('probe');
      const { status, body = '', headers = {} } = await answer();
      return [status, body, headers] as const;
    });
}

function lost(code: string): void {
  nock(HOST, { badheaders: ['Metadata'] })
    .get(PATH)
    .query(true)
    .replyWithError(Object.assign(new Error(code), { code }));
}

function tokens(status = 200, body: ReplyBody = {}): void {
  nock(HOST, { reqheaders: { Metadata: 'true' } })
    .persist()
    .get(PATH)
    .query(true)
    .reply(status, () => {
      sent.push('token');
      const expires_on = String(Math.floor(Date.now() / 1000) + 86_400);
      return status === 200 ? { access_token: 'a-token', token_type: 'Bearer', expires_on } : body;
    });
}

const answering = (answer: MadeAnswer) => () => Promise.resolve(answer);
const hanging = () => new Promise<MadeAnswer>(() => undefined);

const credential = () => managedIdentity({ clock, random: () => 0 });

async function probes(times: number): Promise<void> {
  while (sent.length < times) await new Promise((resolve) => setImmediate(resolve));
}

describe('on a virtual machine of Azure’s', () => {
  it('the metadata service is looked for once, by all who ask first together', async () => {
    probed(answering({ status: 400, body: NO_HEADER }));
    tokens();
    const one = credential();
    await Promise.all(Array.from({ length: 20 }, () => one.getToken(SCOPE)));
    await one.getToken(SCOPE);
    expect(sent).toEqual(['probe', ...Array<string>(21).fill('token')]);
  });

  it.each<[what: string, answer: MadeAnswer]>([
    ['is being updated', { status: 410, headers: { Server: 'IMDS/150.870.65.1854' } }],
    ['throttles', { status: 429, body: { error: 'too_many_requests' } }],
  ])('a metadata service that %s is there all the same', async (_what, answer) => {
    probed(answering(answer));
    tokens();
    await expect(credential().getToken(SCOPE)).resolves.toMatchObject({ token: 'a-token' });
  });

  it('one that is found stays found, also when it is lost later', async () => {
    probed(answering({ status: 400, body: NO_HEADER }));
    tokens(500);
    const one = credential();
    for (let time = 0; time < 3; time += 1) {
      const failure = await failureOf(one.getToken(SCOPE));
      expect(failure).toMatchObject({ transient: true, unavailable: false });
      await clock.advance(60_000);
    }
    expect(sent.filter((what) => what === 'probe')).toHaveLength(1);
  });

  it('that has just started is tried again after two seconds, and gets its token', async () => {
    lost('ENETUNREACH');
    const one = cachedCredential(credential(), { clock, random: () => 0 });
    await expect(one.getToken(SCOPE)).rejects.toMatchObject({ unavailable: true, retryAfterMs: 2_000 });
    probed(answering({ status: 400, body: NO_HEADER }));
    tokens();
    await clock.advance(1_999);
    await expect(one.getToken(SCOPE)).rejects.toMatchObject({ unavailable: true });
    expect(sent).toEqual([]);
    await clock.advance(1);
    await expect(one.getToken(SCOPE)).resolves.toMatchObject({ token: 'a-token' });
  });

  it('whose network comes after a minute has its token ten seconds later at most', async () => {
    nock(HOST)
      .persist()
      .get(PATH)
      .query(true)
      .replyWithError(Object.assign(new Error(), { code: 'ENETUNREACH' }));
    const one = cachedCredential(credential(), { clock, random: () => 0 });
    for (let second = 0; second < 60; second += 1) {
      await failureOf(one.getToken(SCOPE));
      await clock.advance(1_000);
    }
    nock.cleanAll();
    probed(answering({ status: 400, body: NO_HEADER }));
    tokens();
    await clock.advance(10_000);
    await expect(one.getToken(SCOPE)).resolves.toMatchObject({ token: 'a-token' });
  });

  it('that has no identity has nothing to offer: the next credential may be asked', async () => {
    probed(answering({ status: 400, body: NO_HEADER }));
    tokens(400, { error: 'invalid_request', error_description: 'Identity not found' });
    await expect(credential().getToken(SCOPE)).rejects.toMatchObject({ unavailable: true, transient: false });
    const chosen = managedIdentity({ clock, clientId: 'orders' });
    await expect(chosen.getToken(SCOPE)).rejects.toMatchObject({ unavailable: false, transient: false });
  });

  it('that names no such resource is no reason to be somebody else', async () => {
    probed(answering({ status: 400, body: NO_HEADER }));
    tokens(400, { error: 'invalid_resource', error_description: 'AADSTS500011' });
    await expect(credential().getToken(SCOPE)).rejects.toMatchObject({
      unavailable: false,
      transient: false,
    });
  });
});

describe('elsewhere', () => {
  it('a connection that hangs holds nobody up for more than a second', async () => {
    probed(hanging);
    const one = credential();
    const all = Array.from({ length: 20 }, () => failureOf(one.getToken(SCOPE)));
    let ended = 0;
    for (const each of all) void each.then(() => (ended += 1));
    await probes(1);
    await clock.advance(999);
    expect(ended).toBe(0);
    await clock.advance(1);
    const failures = await Promise.all(all);
    expect(
      failures.every((error) => isHoldfastError(error, 'ERR_TOKEN_ACQUISITION') && error.unavailable),
    ).toBe(true);
    expect(failures[0]).toMatchObject({
      name: 'CredentialUnavailableError',
      message: `No token for ${SCOPE}: there is no managed identity here: Azure's metadata service gave no answer (ERR_ATTEMPT_TIMEOUT)`,
    });
    // Everybody after them hears it at once, and nothing is sent.
    const next = await failureOf(one.getToken(SCOPE));
    expect(next).toMatchObject({ unavailable: true, retryAfterMs: 2_000 });
    expect(sent).toEqual(['probe']);
  });

  it.each(['EHOSTUNREACH', 'ENETUNREACH', 'ECONNREFUSED', 'EHOSTDOWN'])(
    'a machine hears %s at once',
    async (code) => {
      lost(code);
      await expect(credential().getToken(SCOPE)).rejects.toMatchObject({
        unavailable: true,
        message: expect.stringContaining(`gave no answer (${code})`) as string,
      });
    },
  );

  it.each<[whose: string, answer: MadeAnswer]>([
    ['Amazon’s', { status: 404, body: '<?xml version="1.0"?><html></html>', headers: { Server: 'EC2ws' } }],
    ['Amazon’s, version 2', { status: 401, headers: { Server: 'EC2ws' } }],
    ['Google’s', { status: 403, body: '<!DOCTYPE html>', headers: { 'Metadata-Flavor': 'Google' } }],
    ['Docker’s', { status: 403, body: 'connect: A socket operation was attempted to an unreachable host' }],
    ['one that answers everything', { status: 200, body: {} }],
  ])('%s service at the same address is not Azure’s', async (_whose, answer) => {
    probed(answering(answer));
    tokens();
    await expect(credential().getToken(SCOPE)).rejects.toMatchObject({
      unavailable: true,
      transient: false,
      message: expect.stringContaining(
        `is not Azure's metadata service (it answered ${answer.status})`,
      ) as string,
    });
    expect(sent).toEqual(['probe']);
  });

  it('with probeTimeoutMs: false nothing is looked for', async () => {
    tokens();
    const one = managedIdentity({ clock, probeTimeoutMs: false });
    await expect(one.getToken(SCOPE)).resolves.toMatchObject({ token: 'a-token' });
    expect(sent).toEqual(['token']);
  });

  it('a caller who gives up waits no longer, and the others still hear', async () => {
    probed(hanging);
    const one = credential();
    const controller = new AbortController();
    const first = failureOf(one.getToken(SCOPE, { abortSignal: controller.signal }));
    const second = failureOf(one.getToken(SCOPE));
    await probes(1);
    controller.abort();
    await expect(first).resolves.toMatchObject({ name: 'AbortError' });
    await clock.advance(1_000);
    await expect(second).resolves.toMatchObject({ unavailable: true });
  });
});
