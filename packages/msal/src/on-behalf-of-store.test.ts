import { randomBytes } from 'node:crypto';
import { encryptedStore, onBehalfOf, type EncryptedStore } from './index.js';
import { MadeMiddleTier, SCOPE } from './made-middle-tier.js';
import { failureOf } from './made-outcomes.js';
import { MadeProvider } from './made-provider.js';
import { encrypted, MadeStore } from './made-store.js';

let tier: MadeMiddleTier;
let values: Map<string, string>;
let store: EncryptedStore;

beforeEach(async () => {
  tier = await MadeMiddleTier.start();
  values = new Map();
  store = encryptedStore(
    {
      get: (key) => Promise.resolve(values.get(key)),
      set: (key, value) => {
        values.set(key, value);
        return Promise.resolve();
      },
      delete: (key) => {
        values.delete(key);
        return Promise.resolve();
      },
    },
    { keys: [{ id: 'one', key: randomBytes(32) }], clock: tier.clock },
  );
});

afterEach(async () => {
  await tier.close();
});

describe('a middle tier that is started anew, or that several machines run', () => {
  it('has the tokens of its users from the store, with their accounts, and asks for none', async () => {
    const { idp } = tier;
    const [adas, bobs] = [await tier.newcomer(1), await tier.newcomer(2)];
    const before = tier.onBehalfOf({ store });
    const [ada, bob] = [
      await before.forUser(adas).getToken(SCOPE),
      await before.forUser(bobs).getToken(SCOPE),
    ];
    const after = tier.onBehalfOf({ store });
    const [adaAgain, bobAgain] = [
      await after.forUser(adas).getToken(SCOPE),
      await after.forUser(bobs).getToken(SCOPE),
    ];
    expect([adaAgain.token, adaAgain.account]).toEqual([ada.token, ada.account]);
    expect([bobAgain.token, bobAgain.account]).toEqual([bob.token, bob.account]);
    expect(ada.token).not.toBe(bob.token);
    expect(idp.tokenRequests).toHaveLength(2);
  });

  it('has them too where the identity provider does not say whose they are', async () => {
    const token = { token_type: 'Bearer', expires_in: 3_599, access_token: 'a-token' };
    await using provider = await MadeProvider.answering(200, token);
    const restarted = () => onBehalfOf({ ...provider.app, clock: tier.clock, store });
    const before = await restarted().forUser('opaque').getToken(SCOPE);
    expect((await restarted().forUser('opaque').getToken(SCOPE)).account).toEqual(before.account);
    expect(provider.requests).toHaveLength(1);
  });

  it('asks anew for a user who comes with his next token', async () => {
    const { idp } = tier;
    const user = idp.addUser();
    const [first, next] = [
      await idp.issueUserToken({ user }),
      await idp.issueUserToken({ user, scope: 'other' }),
    ];
    await tier.onBehalfOf({ store }).forUser(first).getToken(SCOPE);
    await tier.onBehalfOf({ store }).forUser(next).getToken(SCOPE);
    expect(idp.tokenRequests).toHaveLength(2);
  });

  it('gives nobody a stored token once the token by which he came has expired', async () => {
    const { idp, clock } = tier;
    const assertion = await idp.issueUserToken({ expiresIn: 600 });
    await tier.onBehalfOf({ store }).forUser(assertion).getToken(SCOPE);
    await clock.advance(600_000);
    const token = tier.onBehalfOf({ store }).forUser(assertion).getToken(SCOPE);
    expect(await failureOf(token)).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' });
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('keeps nothing in the store for longer than the token by which he came', async () => {
    const tokens = new MadeStore();
    const assertion = await tier.idp.issueUserToken({ expiresIn: 600 });
    const obo = tier.onBehalfOf({ store: encrypted(tokens, { clock: tier.clock }) });
    await obo.forUser(assertion).getToken(SCOPE);
    expect([...tokens.ttls.values()]).toEqual([600_000]);
  });

  it('shows the store neither a token nor whose it is', async () => {
    const { idp } = tier;
    const assertion = await idp.issueUserToken();
    const { token, account } = await tier.onBehalfOf({ store }).forUser(assertion).getToken(SCOPE);
    const seen = JSON.stringify([...values]);
    expect(values.size).toBe(1);
    for (const secret of [assertion, token, account.username, account.localAccountId])
      expect(seen).not.toContain(secret);
  });
});
