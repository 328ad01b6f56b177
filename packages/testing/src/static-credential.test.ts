import { staticCredential } from './index.js';

describe('staticCredential()', () => {
  it('answers one token for ever, and remembers what it was asked', async () => {
    const credential = staticCredential('t-1');
    const options = { claims: '{}', enableCae: true };
    expect(await credential.getToken('api://orders/.default')).toEqual({
      token: 't-1',
      expiresOnTimestamp: Date.UTC(2100, 0, 1),
    });
    await credential.getToken(['a/.default', 'b'], options);
    expect(credential.requests).toEqual([
      { scopes: ['api://orders/.default'], options: {} },
      { scopes: ['a/.default', 'b'], options },
    ]);
  });

  it('goes through a list of tokens and failures, and stays with the last', async () => {
    const token = { token: 't-2', expiresOnTimestamp: 5, refreshAfterTimestamp: 3 };
    const credential = staticCredential(['t-1', new Error('no connection'), null, token]);
    expect(await credential.getToken('s')).toMatchObject({ token: 't-1' });
    await expect(credential.getToken('s')).rejects.toThrow('no connection');
    expect(await credential.getToken('s')).toBeNull();
    expect(await credential.getToken('s')).toBe(token);
    expect(await credential.getToken('s')).toBe(token);
  });

  it('lets a function decide, by the claims it was asked for', async () => {
    const credential = staticCredential(
      async ({ options }, number) => `t-${number}-${options.claims ?? 'none'}`,
    );
    expect(await credential.getToken('s')).toMatchObject({ token: 't-1-none' });
    expect(await credential.getToken('s', { claims: '{}' })).toMatchObject({ token: 't-2-{}' });
  });
});
