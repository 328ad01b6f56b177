import { manualClock } from '@holdfast/testing';
import fc from 'fast-check';
import { MadeStore, encrypted } from './made-store.js';
import { StoredTokens, type StoredTokenName } from './stored-tokens.js';

const few = (...texts: string[]) => fc.oneof(fc.constantFrom(...texts), fc.string({ maxLength: 5 }));
const anyName: fc.Arbitrary<StoredTokenName> = fc.record({
  authority: few('https://login.example/a', 'https://login.example/b'),
  clientId: few('app', 'app,'),
  principal: fc.oneof(fc.constant(undefined), few('', 'null', 'undefined', 'ada')),
  scopes: fc.uniqueArray(few('a', 'b', 'a b', 'a","b'), { minLength: 1, maxLength: 3 }),
  answersChallenges: fc.boolean(),
});

/** What may be given to whom: all of a name, and scopes in any order. */
const meaning = ({ authority, clientId, principal, scopes, answersChallenges }: StoredTokenName): string =>
  JSON.stringify({ authority, clientId, principal, scopes: [...scopes].sort(), answersChallenges });

it('nobody is given a token of another tenant, application, user, scope or kind', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyName, { minLength: 2, maxLength: 8 }), async (names) => {
      const clock = manualClock({ fakeGlobals: false });
      const store = encrypted(new MadeStore(), { clock });
      const need = { demand: {}, forceRefresh: false, caller: {} };
      const account = { homeAccountId: 'a.t', localAccountId: 'a', tenantId: 't', username: 'ada' };
      let asked = 0;
      for (const name of [...names, ...names]) {
        const acquire = () => {
          asked += 1;
          const user = name.principal === undefined ? {} : { account };
          const expiresOnTimestamp = clock.now() + 3_600_000;
          return Promise.resolve({ token: meaning(name), expiresOnTimestamp, ...user });
        };
        const { token } = await new StoredTokens(store, clock).of(name, need, acquire);
        expect(token).toBe(meaning(name));
      }
      expect(asked).toBe(new Set(names.map(meaning)).size);
    }),
  );
});
