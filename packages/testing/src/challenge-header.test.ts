import fc from 'fast-check';
import { claimsOf, parseChallenges, stepUpOf } from '@holdfast/core';
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

  it('asks for another sign-in in the words of RFC 9470, where there are no claims', () => {
    const authorizationUri = 'https://login.example/authorize';
    expect(challengeHeader({ acrValues: 'c1 c2', maxAge: 0, realm: 'r', authorizationUri })).toBe(
      'Bearer realm="r", authorization_uri="https://login.example/authorize", ' +
        'error="insufficient_user_authentication", acr_values="c1 c2", max_age="0"',
    );
    expect(stepUpOf(parseChallenges(challengeHeader({ maxAge: 60 })))).toEqual({ maxAge: 60 });
    expect(stepUpOf(parseChallenges(challengeHeader({ acrValues: 'c1' })))).toEqual({ acrValues: 'c1' });
    expect(stepUpOf(parseChallenges(challengeHeader({})))).toEqual({});
  });

  it('asks for claims first, where there are both', () => {
    const challenges = parseChallenges(challengeHeader({ claims: { a: 1 }, acrValues: 'c1', maxAge: 60 }));
    expect(claimsOf(challenges)).toBe('{"a":1}');
    expect(stepUpOf(challenges)).toBeUndefined();
    expect(challenges[0]!.params).toMatchObject({ acr_values: 'c1', max_age: '60' });
  });

  it('stands beside challenges of other schemes, as a line or behind a comma', () => {
    const lines = ['DPoP algs="ES256"', challengeHeader({ claims: { a: 1 } }), 'Negotiate'];
    for (const field of [lines, lines.join(', ')]) {
      const challenges = parseChallenges(field);
      expect(challenges.map(({ scheme }) => scheme)).toEqual(['dpop', 'bearer', 'negotiate']);
      expect(claimsOf(challenges)).toBe('{"a":1}');
    }
  });

  it('is refused where no field can hold it', () => {
    expect(() => challengeHeader({ acrValues: 'c1\r\nSet-Cookie: a=b' })).toThrow(TypeError);
    expect(() => challengeHeader({ claims: {}, realm: '–' })).toThrow(TypeError);
  });
});
