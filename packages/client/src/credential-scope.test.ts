import axios from 'axios';
import { install } from '@holdfast/core';
import { claimsChallenge } from '@holdfast/claims-challenge';
import { challengeHeader, manualClock, scriptedTransport, staticCredential } from '@holdfast/testing';
import { attachToken, withCredential, type TokenCredential } from './index.js';

function setUp(renewed: 'ahead' | 'challenged') {
  const clock = manualClock({ fakeGlobals: false });
  const vaultSees: unknown[] = [];
  const vaultTransport = scriptedTransport(() => ({ status: 200 }));
  const vault = axios.create({ baseURL: 'https://vault.test', adapter: vaultTransport.adapter });
  install(vault, [attachToken(staticCredential('of-the-vault'), { scopes: 'v' })]);
  const app = staticCredential(async (_, number) => {
    await vault.get('/secret');
    vaultSees.push(vaultTransport.requests.at(-1)?.token);
    return { token: `t-${number}`, expiresOnTimestamp: clock.now() + 3_600_000 };
  });
  const transport = scriptedTransport((_, number) =>
    renewed === 'challenged' && number === 2
      ? { status: 401, headers: { 'www-authenticate': challengeHeader({ claims: { a: 1 } }) } }
      : { status: 200 },
  );
  const client = axios.create({ baseURL: 'https://orders.test', adapter: transport.adapter });
  install(client, [attachToken(app, { scopes: 's', clock, inheritCredential: false }), claimsChallenge()], {
    clock,
  });
  return { client, clock, vaultSees, app };
}

it.each(['ahead', 'challenged'] as const)(
  'a token that is renewed (%s) is not asked for as the user',
  async (how) => {
    const { client, clock, vaultSees, app } = setUp(how);
    await client.get('/7');
    if (how === 'ahead') await clock.advance(57 * 60_000);
    const user: TokenCredential = staticCredential('user');
    await withCredential(user, () => client.get('/7'));
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(app.requests).toHaveLength(2);
    expect(vaultSees).toEqual(['of-the-vault', 'of-the-vault']);
  },
);
