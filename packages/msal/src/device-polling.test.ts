import { startIdentityProvider, type IdentityProvider, type ManualClock } from '@holdfast/testing';
import { deviceCode, type DevicePrompt } from './index.js';
import { failureOf, shown } from './made-outcomes.js';
import { grants, SCOPE, stillClock, until } from './made-users.js';

let idp: IdentityProvider;
let clock: ManualClock;
let prompts: DevicePrompt[];

beforeEach(async () => {
  idp = await startIdentityProvider();
  clock = stillClock();
  prompts = [];
});

afterEach(() => idp.close());

const commandLine = () =>
  deviceCode({
    ...idp.publicApp,
    clock,
    // The only timer is that of the polling.
    timeoutMs: false,
    random: () => 0,
    prompt: (prompt) => {
      prompts.push(prompt);
    },
  });

const code = () => prompts[0]?.userCode ?? '';

/** So many prompts, and the next request is a matter of time. */
async function prompted(times: number): Promise<void> {
  await until(() => prompts.length === times && clock.pendingRef === 1);
}

/** Time goes on, and whoever is then asked has answered. */
async function poll(ms: number, times: number): Promise<void> {
  await clock.advance(ms);
  await until(() => idp.tokenRequests.length === times);
  // The answer is on its way back, and what comes of it is a timer.
  await until(() => clock.pendingRef === 1);
}

describe('while a user enters a code', () => {
  it('the provider is asked at the distance that it wants, and at a greater one when it says so', async () => {
    const token = commandLine().getToken(SCOPE);
    await prompted(1);
    expect(idp.tokenRequests).toHaveLength(0);
    await poll(5_000, 1);
    idp.failNext({ error: 'slow_down' });
    await poll(5_000, 2);
    await clock.advance(9_999);
    expect(idp.tokenRequests).toHaveLength(2);
    idp.approve(code());
    await clock.advance(1);
    await expect(token).resolves.toMatchObject({ token: expect.any(String) as unknown });
    expect(grants(idp)).toEqual(['device_code', 'device_code', 'device_code']);
  });

  it('an outage costs him nothing: the same code is good afterwards', async () => {
    const token = commandLine().getToken(SCOPE);
    await prompted(1);
    idp.failNext({ status: 503 });
    await poll(5_000, 1);
    idp.failNext({ status: 500 });
    await poll(5_000, 2);
    await clock.advance(9_999);
    expect(idp.tokenRequests).toHaveLength(2);
    idp.failNext({ status: 429, retryAfter: '30' });
    await poll(1, 3);
    await clock.advance(29_999);
    expect(idp.tokenRequests).toHaveLength(3);
    idp.approve(code());
    await clock.advance(1);
    await expect(token).resolves.toBeDefined();
    expect(prompts).toHaveLength(1);
  });

  it('whoever gives up leaves at once; then nothing runs, and the next one goes on with the same code', async () => {
    const credential = commandLine();
    const [ctrlC, other] = [new AbortController(), new AbortController()];
    const gaveUp = failureOf(credential.getToken(SCOPE, { abortSignal: ctrlC.signal }));
    const waits = failureOf(credential.signIn({ scopes: SCOPE, abortSignal: other.signal }));
    await prompted(1);
    ctrlC.abort();
    expect(await gaveUp).toMatchObject({ name: 'AbortError' });
    await poll(5_000, 1);
    other.abort();
    expect(await waits).toMatchObject({ name: 'AbortError' });
    await until(() => clock.pending === 0);
    await clock.advance(60_000);
    expect(idp.tokenRequests).toHaveLength(1);

    idp.approve(code());
    const token = credential.getToken(SCOPE);
    await prompted(2);
    expect(prompts[1]).toEqual(prompts[0]);
    await clock.advance(0);
    await expect(token).resolves.toBeDefined();
    expect(idp.deviceCodes).toHaveLength(1);
  });

  /** A provider that answers after a second of its own clock. */
  async function slowly(): Promise<ManualClock> {
    await idp.close();
    const theirs = stillClock();
    idp = await startIdentityProvider({ clock: theirs });
    return theirs;
  }

  it('whoever gives up while the answer is on its way loses nothing: he is signed in by it', async () => {
    const theirs = await slowly();
    const credential = commandLine();
    const leaving = new AbortController();
    const gaveUp = failureOf(credential.getToken(SCOPE, { abortSignal: leaving.signal }));
    await prompted(1);
    idp.approve(code());
    idp.delayMs = 1_000;
    await clock.advance(5_000);
    await until(() => theirs.pending === 1);
    leaving.abort();
    expect(await gaveUp).toMatchObject({ name: 'AbortError' });
    idp.delayMs = 0;
    await theirs.advance(1_000);
    let isOver = false;
    const token = credential.getToken(SCOPE).finally(() => (isOver = true));
    await until(() => isOver || clock.pendingRef === 1);
    await clock.advance(5_000);
    await expect(token).resolves.toBeDefined();
    expect(grants(idp)).toEqual(['device_code']);
    expect(idp.deviceCodes).toHaveLength(1);
  });

  it('whoever gives up while the answer is on its way is no reason to ask before it says so', async () => {
    const theirs = await slowly();
    const credential = commandLine();
    const leaving = new AbortController();
    const gaveUp = failureOf(credential.getToken(SCOPE, { abortSignal: leaving.signal }));
    await prompted(1);
    idp.failNext({ status: 429, retryAfter: '30' });
    idp.delayMs = 1_000;
    await clock.advance(5_000);
    await until(() => theirs.pending === 1);
    leaving.abort();
    await gaveUp;
    idp.delayMs = 0;
    await theirs.advance(1_000);
    idp.approve(code());
    const token = credential.getToken(SCOPE);
    await prompted(2);
    await clock.advance(29_999);
    expect(idp.tokenRequests).toHaveLength(1);
    await clock.advance(1);
    await expect(token).resolves.toBeDefined();
  });

  it('a code that has become void while nobody waited is replaced by a new one', async () => {
    const credential = commandLine();
    const abort = new AbortController();
    const gaveUp = failureOf(credential.getToken(SCOPE, { abortSignal: abort.signal }));
    await prompted(1);
    abort.abort();
    await gaveUp;
    await clock.advance(900_000);
    const failed = failureOf(credential.getToken(SCOPE));
    await prompted(2);
    expect(prompts[1]?.userCode).not.toBe(code());
    idp.decline(prompts[1]?.userCode ?? '');
    await clock.advance(5_000);
    await failed;
  });

  it('neither the code of the device nor a token stands on anything that can be inspected', async () => {
    const credential = commandLine();
    const token = credential.getToken(SCOPE);
    await prompted(1);
    const secrets = shown([credential, prompts, token]);
    expect(secrets).not.toMatch(/device_code|deviceCode/);
    idp.approve(code());
    await clock.advance(5_000);
    const text = (await token)?.token ?? '';
    await credential.getToken(SCOPE);
    expect(shown(credential)).not.toContain(text);
    expect(shown(credential)).not.toMatch(/refresh/i);
  });
});
