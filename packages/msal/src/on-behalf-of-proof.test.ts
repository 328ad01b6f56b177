import { MadeMiddleTier, SCOPE } from './made-middle-tier.js';
import { madeCertificate } from './made-certificates.js';

let tier: MadeMiddleTier;

beforeEach(async () => {
  tier = await MadeMiddleTier.start();
});

afterEach(async () => {
  await tier.close();
});

describe('a middle tier', () => {
  it('proves itself by a certificate when it asks for its users', async () => {
    const { idp, clock } = tier;
    const { certificatePem, keyPem } = madeCertificate();
    idp.trust(certificatePem);
    // MSAL signs by the machine's clock, which has gone on meanwhile.
    await clock.advance(60_000);
    const obo = tier.onBehalfOf({
      clientCertificate: { content: keyPem + certificatePem },
    });
    await obo.forUser(await tier.newcomer(1)).getToken(SCOPE);
    await obo.forUser(await tier.newcomer(2)).getToken(SCOPE);
    expect(idp.tokenRequests.map(({ proof, status }) => [proof, status])).toEqual([
      ['certificate', 200],
      ['certificate', 200],
    ]);
  });

  it('whose secret was changed meanwhile asks again with the new one, and no user notices', async () => {
    const { idp } = tier;
    const secrets = [idp.app.clientSecret, 'the-new-secret'];
    const obo = tier.onBehalfOf({ clientSecret: () => secrets.shift() ?? 'the-new-secret' });
    idp.rotateSecret('the-new-secret');
    const { account } = await obo.forUser(await tier.newcomer(1)).getToken(SCOPE);
    expect(account.username).toBe('user-1@contoso.example');
    expect(idp.tokenRequests.map(({ status }) => status)).toEqual([401, 200]);
  });
});

describe('what the identity provider is told', () => {
  it('is that challenges are answered only where they are', async () => {
    const { idp } = tier;
    const credential = tier.onBehalfOf().forUser(await tier.newcomer(1));
    await credential.getToken(SCOPE);
    await credential.getToken(SCOPE, { enableCae: true });
    const [plain, revocable] = idp.tokenRequests;
    expect(plain?.claims ?? '').not.toContain('cp1');
    expect(revocable?.claims).toContain('cp1');
  });

  it('is asked for no other tenant than the one of the request', async () => {
    const { idp } = tier;
    const credential = tier.onBehalfOf().forUser(await tier.newcomer(1));
    await expect(credential.getToken(SCOPE, { tenantId: '../common' })).rejects.toMatchObject({
      transient: false,
    });
    expect(idp.tokenRequests).toHaveLength(0);
  });
});
