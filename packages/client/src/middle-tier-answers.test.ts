import { parseChallenges } from '@holdfast/core';
import { manualClock } from '@holdfast/testing';
import { subscribe } from './index.js';
import { MadeMiddleTier } from './made-middle-tier.js';
import { frameworks } from './made-middle-tier-servers.js';

/** What is in a token, and in nothing else that is sent here: a JWT's two parts. */
const TOKEN = /eyJ[\w-]+\.eyJ[\w-]+/;

describe.each(frameworks)('an API in $name that calls another one for its users', ({ serve }) => {
  let tier: MadeMiddleTier;
  beforeEach(async () => (tier = await MadeMiddleTier.start(serve)));
  afterEach(() => tier.close());

  const get = (token: string, path = '/orders/7') =>
    fetch(`${tier.url}${path}`, { headers: { authorization: `Bearer ${token}` } });

  const users = (count: number) =>
    Array.from({ length: count }, (_, number) => {
      const user = tier.idp.addUser({ username: `user-${number}@contoso.example` });
      return { user, claims: { access_token: { acrs: { essential: true, value: `c${number}` } } } };
    });

  it('asks fifty users at once, each for what is wanted of him and of nobody else', async () => {
    const asked: [string, unknown][] = [];
    const all = users(50);
    for (const { user, claims } of all) tier.idp.requireInteraction({ user, claims });
    const calls = all.map(({ user }) => {
      const client = tier.clientOf({
        getToken: async (_scopes, { claims } = {}) => {
          if (claims !== undefined) asked.push([user.username, JSON.parse(claims)]);
          const token = await tier.idp.issueUserToken({ user, ...(claims !== undefined && { claims }) });
          return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
        },
      });
      return client.get(`/orders/${user.username}`);
    });
    const answers = await Promise.all(calls);
    expect(answers.map(({ data }) => (data as { path: string }).path)).toEqual(
      all.map(({ user }) => `/${user.username}`),
    );
    expect(new Map(asked)).toEqual(new Map(all.map(({ user, claims }) => [user.username, claims])));
    expect(asked).toHaveLength(50);
    // One refused and one after he was asked, for each.
    expect([tier.requests.length, tier.idp.tokenRequests.length, tier.api.requests.length]).toEqual([
      100, 100, 50,
    ]);
  });

  it('sends no call a second time that only a user can help, and calls on for all others', async () => {
    const states: string[] = [];
    const off = subscribe('holdfast:circuit', ({ state }) => states.push(state));
    let attempts = 0;
    const offAttempts = subscribe('tracing:holdfast:attempt:start', ({ call }) => {
      if (call.service === 'orders') attempts += 1;
    });
    const all = users(100);
    const tokens = await Promise.all(all.map(({ user }) => tier.idp.issueUserToken({ user })));
    expect(await statusesOf(tokens.map((one) => get(one)))).toEqual({ 200: 100 });
    // What is held is refused, and what is asked for in its place needs the user.
    for (const { user, claims } of all) tier.idp.requireInteraction({ user, claims });
    tier.api.revoke();
    const asked = tier.idp.tokenRequests.length;
    expect(await statusesOf(tokens.map((one) => get(one)))).toEqual({ 401: 100 });
    expect(tier.idp.tokenRequests).toHaveLength(asked + 100);
    expect([attempts, tier.api.requests.length]).toEqual([200, 200]);

    tier.api.recover();
    expect((await get(await tier.idp.issueUserToken())).status).toBe(200);
    expect(states).toEqual([]);
    off();
    offAttempts();
  });

  it('tells a script of another origin what to ask its user for, once it may read it', async () => {
    const claims = tier.idp.requireInteraction();
    const before = await get(await tier.idp.issueUserToken());
    expect(readByScript(before, 'www-authenticate')).toBeUndefined();

    tier.replies = { ...tier.replies, exposeHeaders: true };
    const response = await get(await tier.idp.issueUserToken());
    expect(response.headers.get('access-control-expose-headers')).toBe('www-authenticate');
    const [challenge] = parseChallenges(readByScript(response, 'www-authenticate'));
    const wanted = Buffer.from(challenge?.params['claims'] ?? '', 'base64').toString();
    expect(wanted).toBe(claims);
    const signedIn = await tier.idp.issueUserToken({ claims: wanted });
    expect((await get(signedIn)).status).toBe(200);
  });

  it('says when to come back while the identity provider is in trouble, and asks nobody to sign in', async () => {
    tier.replies = { ...tier.replies, exposeHeaders: true };
    tier.idp.fail({ status: 503, retryAfter: '17' });
    const response = await get(await tier.idp.issueUserToken());
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('17');
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect(response.headers.get('access-control-expose-headers')).toBe('retry-after');
  });

  it('says nothing of a failure that only the application knows', async () => {
    tier.api.handle = () => ({
      status: 404,
      headers: { 'x-secret': 'of-orders' },
      body: { at: 'of-orders' },
    });
    const response = await get(await tier.idp.issueUserToken());
    expect(response.status).toBe(500);
    expect(JSON.stringify([[...response.headers], await response.text()])).not.toContain('of-orders');
  });

  it('cuts off an answer that has begun when a user turns out to be needed: half of one is no answer', async () => {
    const claims = tier.idp.requireInteraction();
    const response = await get(await tier.idp.issueUserToken(), '/begun');
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
    // It goes on serving.
    const asked = await get(await tier.idp.issueUserToken({ claims }), '/begun');
    expect([asked.status, await asked.json()]).toEqual([200, [expect.objectContaining({ path: '/7' })]]);
  });

  it('cuts off a streamed answer that the API behind has broken off', async () => {
    // Ahead of the identity provider's: it takes no token that is not valid yet.
    const clock = manualClock({ fakeGlobals: false, now: Date.now() + 5_000 });
    const other = await MadeMiddleTier.start(serve, clock);
    other.api.failNext({ dripMs: 1_000, chunks: 2 });
    const headers = { authorization: `Bearer ${await other.idp.issueUserToken()}` };
    const answer = fetch(`${other.url}/export`, { headers });
    while (other.api.requests[0]?.status !== 200) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(1_000);
    const response = await answer;
    expect(response.status).toBe(200);
    await other.api.down();
    await expect(response.text()).rejects.toThrow('terminated');
    await other.close();
  });

  it('tells no token, in no answer and no log', async () => {
    const token = await tier.idp.issueUserToken();
    const answers: string[] = [];
    const keep = async (path: string) => {
      const response = await get(token, path);
      const body = await response.text().catch(String);
      answers.push(JSON.stringify([response.status, [...response.headers], body]));
    };
    await keep('/orders/7');
    const claims = tier.idp.requireInteraction();
    tier.api.revoke({ claims });
    for (const path of ['/orders/7', '/export', '/begun', '/orders/7']) await keep(path);
    tier.api.handle = () => ({ status: 404 });
    tier.api.recover();
    await keep('/orders/7');
    tier.api.fail({ status: 500 });
    await keep('/orders/7');
    expect(answers).toHaveLength(7);
    expect(tier.log.join('\n')).toContain('InteractionRequiredError');
    expect(token).toMatch(TOKEN);
    const { clientSecret } = tier.idp.app;
    for (const told of [answers.join('\n'), tier.log.join('\n')]) {
      expect(told).not.toMatch(TOKEN);
      expect(told).not.toContain(clientSecret);
    }
  });
});

/** How often each status came back. */
async function statusesOf(responses: readonly Promise<Response>[]): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of await Promise.all(responses)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** What a browser lets a script of another origin read (Fetch Standard, "CORS-exposed header-name list"). */
function readByScript({ headers }: Response, name: string): string | undefined {
  const exposed = (headers.get('access-control-expose-headers') ?? '').toLowerCase().split(/[\t ]*,[\t ]*/);
  return exposed.includes(name) ? (headers.get(name) ?? undefined) : undefined;
}
