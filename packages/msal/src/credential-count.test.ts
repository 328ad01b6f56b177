import { subscribe, type WarningEvent } from '@holdfast/core';
import { manualClock, startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { CredentialCount } from './credential-count.js';
import { clientCredential } from './index.js';

const SCOPE = 'api://orders/.default';

let warnings: WarningEvent[];
let stop: () => void;

beforeEach(() => {
  warnings = [];
  stop = subscribe('holdfast:warning', (event) => warnings.push(event));
});

afterEach(() => {
  stop();
});

describe('an app that makes a credential for every call', () => {
  let idp: IdentityProvider;

  beforeEach(async () => {
    idp = await startIdentityProvider();
  });

  afterEach(async () => {
    await idp.close();
  });

  it('is warned at its tenth, once, and not for tests with a clock of their own', async () => {
    const clock = manualClock({ fakeGlobals: false, now: Date.now() });
    for (let call = 0; call < 12; call += 1) await clientCredential({ ...idp.app, clock }).getToken(SCOPE);
    for (let call = 0; call < 9; call += 1) await clientCredential(idp.app).getToken(SCOPE);
    expect(warnings).toEqual([]);
    for (let call = 0; call < 11; call += 1) await clientCredential(idp.app).getToken(SCOPE);
    const { clientId, authority, clientSecret } = idp.app;
    expect(warnings).toEqual([
      {
        code: 'CREDENTIAL_PER_CALL',
        message: `10 credentials of the application ${clientId} at ${authority} have asked for their first token within an hour: make one where the program starts, and use it for every call`,
        service: 'identity provider',
      },
    ]);
    expect(JSON.stringify(warnings)).not.toContain(clientSecret);
  });
});

describe('the count of credentials', () => {
  const clock = manualClock({ fakeGlobals: false });
  const orders = { authority: 'https://login.microsoftonline.com/contoso', clientId: 'orders', clock };
  const add = (count: CredentialCount, times: number, everyMs: number, one = orders) => {
    for (let at = 0; at < times; at += 1) count.add(one, at * everyMs);
  };

  it('warns of ten within an hour, and not of ten in an hour', () => {
    add(new CredentialCount(), 100, 400_000);
    expect(warnings).toEqual([]);
    add(new CredentialCount(), 10, 399_999);
    expect(warnings).toHaveLength(1);
  });

  it('keeps applications apart, by authority and client id', () => {
    const count = new CredentialCount();
    for (const clientId of ['a', 'b', 'c']) add(count, 9, 1, { ...orders, clientId });
    add(count, 9, 1, { ...orders, authority: 'https://login.microsoftonline.com/fabrikam', clientId: 'a' });
    expect(warnings).toEqual([]);
    add(count, 1, 1, { ...orders, clientId: 'a' });
    expect(warnings).toHaveLength(1);
  });

  it('is told to who listens later', () => {
    stop();
    const count = new CredentialCount();
    add(count, 10, 1);
    stop = subscribe('holdfast:warning', (event) => warnings.push(event));
    add(count, 3, 1);
    expect(warnings).toHaveLength(1);
  });

  it('remembers a thousand applications and no more', () => {
    const count = new CredentialCount();
    for (let client = 0; client < 5_000; client += 1)
      count.add({ ...orders, clientId: `client ${client}` }, 0);
    expect(count.size).toBe(1_000);
  });
});
