import fc from 'fast-check';
import { claimsOf, parseChallenges } from '@holdfast/core';
import { challengeHeader } from './index.js';

describe('challengeHeader()', () => {
  it('is what Microsoft documents', () => {
    expect(
      challengeHeader({ claims: { access_token: { nbf: { essential: true, value: '1604106651' } } } }),
    ).toBe(
      'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/v2.0/authorize", ' +
        'error="insufficient_claims", ' +
        'claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNjA0MTA2NjUxIn19fQ=="',
    );
  });

  it('is read back as it was meant, whatever stands in the claims and the realm', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (claims, realm) => {
        const challenges = parseChallenges(challengeHeader({ claims, realm }));
        expect(challenges).toHaveLength(1);
        expect(challenges[0]!.params['realm']).toBe(realm);
        expect(claimsOf(challenges)).toBe(JSON.stringify(claims));
      }),
    );
  });
});
