import { subscribe, type TokenEvent, type WarningEvent } from '@holdfast/core';
import { onBehalfOf } from './index.js';
import { MadeMiddleTier, SCOPE } from './made-middle-tier.js';
import { failureOf, shown } from './made-outcomes.js';

let tier: MadeMiddleTier;

beforeEach(async () => {
  tier = await MadeMiddleTier.start();
});

afterEach(async () => {
  await tier.close();
});

describe('an API that calls another one for its users', () => {
  it('gets a token of the user, and not of its own', async () => {
    const { idp } = tier;
    const assertion = await idp.issueUserToken();
    const { token } = await tier.onBehalfOf().forUser(assertion).getToken(SCOPE);
    expect(await idp.verify(token)).toMatchObject({ oid: idp.user.objectId, aud: 'api://orders' });
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('makes one token request for 1,000 calls of one user at once, whatever parts of it call', async () => {
    const { idp } = tier;
    const obo = tier.onBehalfOf();
    const assertion = await idp.issueUserToken();
    const calls = Array.from({ length: 1_000 }, () => obo.forUser(assertion).getToken(SCOPE));
    const tokens = await Promise.all(calls);
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(1);
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('never mixes up 20 users who call in turns', async () => {
    const { idp } = tier;
    const obo = tier.onBehalfOf();
    const users = Array.from({ length: 20 }, (_, number) =>
      idp.addUser({ username: `user-${number}@x.example` }),
    );
    const assertions = await Promise.all(users.map((user) => idp.issueUserToken({ user })));
    for (let round = 0; round < 3; round += 1) {
      const tokens = await Promise.all(assertions.map((one) => obo.forUser(one).getToken(SCOPE)));
      const whose = await Promise.all(tokens.map(async ({ token }) => (await idp.verify(token))['oid']));
      expect(whose).toEqual(users.map(({ objectId }) => objectId));
      expect(tokens.map(({ account }) => account.localAccountId)).toEqual(whose);
    }
    expect(idp.tokenRequests).toHaveLength(20);
  });

  it('has one credential for one token of a user, and another one for his next', async () => {
    const obo = tier.onBehalfOf();
    const assertion = await tier.idp.issueUserToken();
    // Text that is equal, and not the same.
    expect(obo.forUser(`${assertion.slice(0, 9)}${assertion.slice(9)}`)).toBe(obo.forUser(assertion));
    expect(obo.forUser(await tier.idp.issueUserToken({ scope: 'other' }))).not.toBe(obo.forUser(assertion));
    expect(obo.size).toBe(2);
  });

  it('is told of its tenth onBehalfOf() within an hour, which would ask anew for every user', async () => {
    const warnings: WarningEvent[] = [];
    const stop = subscribe('holdfast:warning', (event) => warnings.push(event));
    const assertion = await tier.idp.issueUserToken();
    for (let call = 0; call < 11; call += 1)
      await onBehalfOf(tier.idp.app).forUser(assertion).getToken(SCOPE);
    stop();
    expect(warnings.map(({ code }) => code)).toContain('CREDENTIAL_PER_CALL');
  });

  it('is not warned of many users', async () => {
    const warnings: WarningEvent[] = [];
    const stop = subscribe('holdfast:warning', (event) => warnings.push(event));
    const obo = onBehalfOf(tier.idp.app);
    for (let number = 0; number < 12; number += 1)
      await obo.forUser(await tier.newcomer(number)).getToken(SCOPE);
    stop();
    expect(warnings).toEqual([]);
  });
});

describe('what is no token of a user', () => {
  it.each([
    ['nothing', undefined, 'is undefined'],
    ['a list, as of a header that came twice', ['a-secret'], 'is object'],
    ['an empty text', '', 'is empty'],
    ['a space', ' ', 'has a character that no token has'],
    ['the whole header', 'Bearer a-secret', 'has a character that no token has'],
    ['a token and its line break', 'a-secret\n', 'has a character that no token has'],
    ['a token with what no header can hold', 'a-secret\u00e9', 'has a character that no token has'],
  ])('%s is refused at once, without being shown', (_, assertion, found) => {
    const obo = tier.onBehalfOf();
    const act = () => Reflect.apply(obo.forUser, obo, [assertion]) as unknown;
    const message = `forUser(): "assertion" must be the token by which the user has called, without "Bearer " before it, and ${found}`;
    expect(act).toThrow(new TypeError(message));
    expect(obo.size).toBe(0);
  });

  it.each([Number.NaN, Infinity, '1', new Date(0)])(
    'an expiry that is %p is refused at once',
    (expiresAt) => {
      const obo = tier.onBehalfOf();
      const act = () => Reflect.apply(obo.forUser, obo, ['opaque', { expiresAt }]) as unknown;
      expect(act).toThrow('forUser(): "expiresAt" must be an instant in epoch milliseconds, and is none');
    },
  );
});

describe('a bad option', () => {
  it.each([
    [{ maxUsers: 0 }, 'onBehalfOf(): the option "maxUsers" must be a whole number, 1 or more, and is 0'],
    [{ clientSecret: undefined }, 'onBehalfOf(): exactly one of the options "clientSecret"'],
    [{ clientAssertion: '' }, 'onBehalfOf(): the option "clientAssertion" must be a JWT'],
    [{ azureRegion: 'westeurope' }, 'onBehalfOf(): there is no option "azureRegion"'],
    [{ cache: 7 }, 'onBehalfOf(): the option "cache" must be an object with options of cachedCredential()'],
    [{ cache: { futileMs: -1 } }, 'cachedCredential(): the option "futileMs" must be'],
  ])('%p is refused where the program starts', (options, message) => {
    expect(() => Reflect.apply(tier.onBehalfOf.bind(tier), tier, [options]) as unknown).toThrow(message);
  });
});

describe('a secret', () => {
  it('of a user or of the application shows nowhere', async () => {
    const { idp } = tier;
    const events: TokenEvent[] = [];
    const stop = subscribe('tracing:holdfast:token:asyncEnd', (event) => events.push(event));
    const obo = tier.onBehalfOf();
    const assertion = await idp.issueUserToken();
    const credential = obo.forUser(assertion);
    const { token } = await credential.getToken(SCOPE);
    idp.requireInteraction();
    const interaction = await failureOf(credential.getToken(SCOPE, { claims: '{"access_token":{}}' }));
    idp.fail({ status: 500 });
    const outage = await failureOf(obo.forUser(await tier.newcomer(1)).getToken(SCOPE));
    stop();
    expect(events).toHaveLength(3);
    const all = [obo, credential, interaction, outage, events].map(shown).join('\n');
    for (const secret of [assertion, assertion.slice(-40), token, idp.app.clientSecret])
      expect(all).not.toContain(secret);
    expect(all).toContain('only be had by asking the user');
  });
});
