import { fork, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ManualClock } from '@holdfast/testing';
import { signedInUser, type InteractionRequest, type SignedInUserOptions } from './index.js';
import { failureOf } from './made-outcomes.js';
import { encrypted, MadeStore } from './made-store.js';
import { stillClock } from './made-users.js';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keys = [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'one' }];
const clientId = 'a-command-line';
const redirectUri = 'http://localhost:8080/';
const SCOPE = 'orders.read';

let child: ChildProcess;
let metadata: string;
let clock: ManualClock;

async function startProvider(port = 0): Promise<void> {
  child = fork(
    join(__dirname, 'independent-users.mjs'),
    [JSON.stringify({ port, clientId, redirectUri, keys })],
    {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  );
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const ended = once(child, 'exit').then(() => {
    throw new Error(`The provider has ended: ${complaint}`);
  });
  ended.catch(() => undefined);
  const [{ issuer }] = (await Promise.race([once(child, 'message'), ended])) as [{ issuer: string }];
  metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).text();
}

async function ask(message: string): Promise<{ readonly code?: string; readonly seen?: string[] }> {
  const answered = once(child, 'message');
  child.send(message);
  const [answer] = (await answered) as [{ code?: string; seen?: string[] }];
  return answer;
}

async function killProvider(): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

beforeEach(async () => {
  await startProvider();
  clock = stillClock();
});

afterEach(killProvider);

function user(options: Partial<SignedInUserOptions> = {}) {
  const interactions: InteractionRequest[] = [];
  const credential = signedInUser({
    clientId,
    // MSAL takes no authority over http; on loopback the metadata leads there.
    authority: 'https://idp.example',
    authorityMetadata: metadata,
    protocolMode: 'OIDC',
    clock,
    random: () => 0,
    onInteractionRequired: async (request) => {
      interactions.push(request);
      const { code = '' } = await ask('code');
      await request.byCode({ code, redirectUri });
    },
    ...options,
  });
  return { credential, interactions };
}

describe('a user at an identity provider that is neither Microsoft’s nor ours', () => {
  it('stays signed in, though each refresh token is good for one use', async () => {
    const { credential, interactions } = user();
    for (let at = 0; at < 4; at += 1) await credential.getToken(SCOPE);
    const again = Array.from({ length: 4 }, (_, at) =>
      credential.getToken(SCOPE, { enableCae: at % 2 === 0 }),
    );
    expect(new Set((await Promise.all(again)).map(({ token }) => token)).size).toBe(4);
    expect(interactions).toHaveLength(1);
    const { seen } = await ask('seen');
    expect(seen).toEqual(['authorization_code', ...Array.from({ length: 7 }, () => 'refresh_token')]);
  });

  it('stays signed in over a restart of the app', async () => {
    const tokens = new MadeStore();
    const before = user({ store: encrypted(tokens) });
    const { token } = await before.credential.getToken(SCOPE);
    const after = user({ store: encrypted(tokens) });
    expect((await after.credential.getToken(SCOPE)).token).toBe(token);
    expect((await after.credential.getToken(SCOPE, { forceRefresh: true })).token).not.toBe(token);
    expect(after.interactions).toEqual([]);
  });

  it('whose refresh token is revoked is asked with the claims', async () => {
    const { credential, interactions } = user();
    await credential.getToken(SCOPE);
    await ask('revoke');
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
    await expect(credential.getToken(SCOPE, { claims })).resolves.toBeDefined();
    expect(interactions).toHaveLength(2);
    expect(interactions[1]).toMatchObject({ claims, account: { homeAccountId: 'ada' } });
  });

  it('is asked to sign in as an API wants it, by the address that he is sent to', async () => {
    const { credential, interactions } = user();
    await credential.getToken(SCOPE);
    const step = { acrValues: 'mfa', maxAge: 300 };
    await expect(credential.getToken(SCOPE, step)).resolves.toBeDefined();
    expect(interactions[1]).toMatchObject(step);
    const where = {
      scopes: SCOPE,
      redirectUri,
      codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    };
    for (const maxAge of [300, 0]) {
      const url = await credential.signInUrl({ ...where, ...step, maxAge });
      const { headers } = await fetch(url, { redirect: 'manual' });
      expect(headers.get('location')).toContain('/interaction/');
    }
    const { seen } = await ask('seen');
    expect(seen).toEqual([
      'authorization_code',
      'authorization_code',
      'login (no_session,max_age): acr_values=mfa max_age=300',
      // It reads 0 as prompt=login.
      'login (login_prompt,no_session): acr_values=mfa max_age=undefined',
    ]);
  });

  it('is not asked while it is down, but when it has forgotten him', async () => {
    const { credential, interactions } = user();
    await credential.getToken(SCOPE);
    const { issuer } = JSON.parse(metadata) as { issuer: string };
    await killProvider();
    const error = await failureOf(credential.getToken(SCOPE));
    expect(error).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION', transient: true, retryAfterMs: 5_000 });
    expect(interactions).toHaveLength(1);
    await startProvider(Number(new URL(issuer).port));
    await clock.advance(5_000);
    await expect(credential.getToken(SCOPE)).resolves.toBeDefined();
    expect(interactions).toHaveLength(2);
  });
});
