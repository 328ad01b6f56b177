import { TokenAcquisitionError, errorSummary } from '@holdfast/core';
import { manualClock, staticCredential, type CredentialAnswer } from '@holdfast/testing';
import { cachedCredential, type TokenCredential } from '@holdfast/token';
import { firstAvailable, workloadIdentity } from './index.js';
import { failureOf, shown } from './made-outcomes.js';

const SCOPE = 'api://orders/.default';
const CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}';
const LOGIN = "Please run 'az login' from a command prompt to authenticate before using this credential.";

const unavailable = (message: string) =>
  Object.assign(new Error(message), { name: 'CredentialUnavailableError' });

class AzureCliCredential {
  readonly #answer: () => CredentialAnswer;

  constructor(answer: () => CredentialAnswer) {
    this.#answer = answer;
  }

  getToken(scopes: string | string[]) {
    return staticCredential(this.#answer()).getToken(scopes);
  }
}

const own = (transient: boolean) =>
  staticCredential(
    new TokenAcquisitionError({
      service: 'identity provider',
      message: `No token for ${SCOPE}: there is no endpoint`,
      scopes: [SCOPE],
      transient,
      unavailable: true,
    }),
  );
const literal = (answer: CredentialAnswer): TokenCredential => ({
  getToken: (scopes) => staticCredential(answer).getToken(scopes),
});

describe('where no credential is available', () => {
  it('the error says why of each, by name, and what a developer has to do', async () => {
    const inner = firstAvailable(literal(unavailable('inner')), literal(null));
    const credential = firstAvailable(
      workloadIdentity({ env: {} }),
      own(true),
      inner,
      literal(unavailable('not\nhere')),
      new AzureCliCredential(() => unavailable(LOGIN)),
    );
    const error = await failureOf(credential.getToken(SCOPE));
    expect(error).toMatchObject({
      name: 'CredentialUnavailableError',
      code: 'ERR_TOKEN_ACQUISITION',
      unavailable: true,
      scopes: [SCOPE],
    });
    expect((error as Error).message.split('\n')).toEqual([
      `No token for ${SCOPE}: no credential is available here`,
      '  workloadIdentity(): no workload identity is known here: neither the environment nor an option has ' +
        'AZURE_TENANT_ID (option "tenantId"), AZURE_CLIENT_ID (option "clientId"), AZURE_FEDERATED_TOKEN_FILE (option "tokenFile")',
      '  StaticCredential: there is no endpoint',
      '  firstAvailable(): no credential is available here; credential 1: inner; credential 2: it answered with nothing',
      '  credential 4: not here',
      `  AzureCliCredential: ${LOGIN}`,
    ]);
  });

  it('the reasons are there under a cache, too, and in the log', async () => {
    const credential = firstAvailable(
      literal(unavailable('a')),
      new AzureCliCredential(() => unavailable(LOGIN)),
    );
    const error = await failureOf(cachedCredential(credential).getToken(SCOPE));
    expect((error as Error).message).toContain(LOGIN);
    expect((error as Error).cause).toMatchObject({
      name: 'AggregateError',
      errors: [{ message: 'a' }, { message: LOGIN }],
    });
    expect(errorSummary(error)).toMatchObject({ cause: { errors: [{ message: 'a' }, { message: LOGIN }] } });
  });

  it('each caller is told of his own scopes', async () => {
    const credential = firstAvailable(literal(unavailable('a')));
    const others = 'api://billing/.default';
    const errors = await Promise.all([SCOPE, others].map((scope) => failureOf(credential.getToken([scope]))));
    expect(errors).toMatchObject([{ scopes: [SCOPE] }, { scopes: [others] }]);
    expect(String(errors[1])).toContain(`No token for ${others}: no credential`);
  });

  it.each<[string, readonly TokenCredential[], boolean]>([
    ['of which one says it may pass', [workloadIdentity({ env: {} }), own(true)], true],
    ['of which none does', [workloadIdentity({ env: {} }), own(false)], false],
    ['of which one is a developer’s tool', [own(false), literal(unavailable(LOGIN))], true],
  ])('asking again later may help, or not: %s', async (_, credentials, transient) => {
    const error = await failureOf(firstAvailable(...credentials).getToken(SCOPE));
    expect(error).toMatchObject({ transient });
  });

  it('the next call asks all of them again: a machine may still be starting', async () => {
    const cloud = staticCredential([unavailable('starting'), 't']);
    const laptop = staticCredential(unavailable(LOGIN));
    const credential = firstAvailable(cloud, laptop);
    await expect(credential.getToken(SCOPE)).rejects.toMatchObject({ unavailable: true });
    await expect(credential.getToken(SCOPE)).resolves.toMatchObject({ token: 't' });
    expect([cloud, laptop].map(({ requests }) => requests.length)).toEqual([2, 1]);
  });

  it('the error tells as well who was not available before one that failed, and then was not either', async () => {
    const down = new Error('down');
    const cloud = staticCredential(unavailable('not here'));
    const middle = staticCredential([down, unavailable('gone')]);
    const credential = firstAvailable(cloud, middle);
    expect(await failureOf(credential.getToken(SCOPE))).toBe(down);
    expect(String(await failureOf(credential.getToken(SCOPE)))).toMatch(/not here\n.*gone$/);
    expect(cloud.requests).toHaveLength(1);
  });

  it('a service asks them again after seconds, not for each call', async () => {
    const clock = manualClock({ fakeGlobals: false });
    const cloud = staticCredential(unavailable('not here'));
    const cached = cachedCredential(firstAvailable(cloud), { clock, random: () => 0 });
    for (let call = 0; call < 20; call += 1) await failureOf(cached.getToken(SCOPE));
    expect(cloud.requests).toHaveLength(1);
    await clock.advance(5_000);
    await failureOf(cached.getToken(SCOPE));
    expect(cloud.requests).toHaveLength(2);
  });

  it('nothing shows that a tool has said by mistake, or that hangs on its error', async () => {
    const secret = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';
    const leaking = () =>
      Object.assign(unavailable(`{"accessToken": "${secret}"}`), { request: { body: secret } });
    const credential = firstAvailable(new AzureCliCredential(leaking));
    for (const one of [credential, cachedCredential(firstAvailable(credential))]) {
      const error = await failureOf(one.getToken(SCOPE));
      expect(shown(error)).not.toContain(secret);
    }
  });
});

describe('a tool that has been chosen, and cannot satisfy claims', () => {
  it('makes an error that says that a user is needed, with the claims and the command', async () => {
    const command = `az login --claims-challenge ${Buffer.from(CLAIMS).toString('base64')} --scope ${SCOPE}`;
    const tool = staticCredential(({ options }) =>
      options.claims === undefined
        ? 't'
        : unavailable(`This credential doesn't support claims challenges. Please run: ${command}`),
    );
    const never = staticCredential('of somebody else');
    const credential = firstAvailable(tool, never);
    const challenged = () => failureOf(credential.getToken(SCOPE, { claims: CLAIMS }));
    // Also where nothing has been asked for before.
    for (const error of [await challenged(), await challenged()]) {
      expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', claims: CLAIMS, scopes: [SCOPE] });
      expect((error as Error).message.endsWith(command)).toBe(true);
    }
    expect(never.requests).toHaveLength(0);
  });
});
