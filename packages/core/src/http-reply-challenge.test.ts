import fc from 'fast-check';
import {
  InteractionRequiredError,
  claimsOf,
  httpReplyFor,
  parseChallenges,
  stepUpOf,
  type HttpReply,
} from './index.js';

const service = 'inner.test';
const scopes = ['api://inner/.default'];

const interaction = (asked: { claims?: string; acrValues?: string; maxAge?: number }) =>
  new InteractionRequiredError({ service, scopes, message: 'inner', ...asked });
const challengeIn = (reply: HttpReply | undefined) => parseChallenges(reply?.headers['www-authenticate'])[0];

describe('the challenge in an answer', () => {
  const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"},"näme":null}}';

  it('passes claims on as Microsoft’s own APIs do, so that the caller’s own handler finds them', () => {
    const reply = httpReplyFor(interaction({ claims }));
    expect(reply).toMatchObject({ status: 401, problem: { title: 'Unauthorized', status: 401 } });
    const encoded = Buffer.from(claims).toString('base64');
    expect(reply?.headers['www-authenticate']).toBe(
      `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/v2.0/authorize", error="insufficient_claims", claims="${encoded}"`,
    );
    expect(claimsOf(parseChallenges(reply?.headers['www-authenticate']))).toBe(claims);
    expect(JSON.stringify(reply)).not.toContain('inner');
  });

  it('asks for a stronger or fresher sign-in in the words of RFC 9470', () => {
    const reply = httpReplyFor(interaction({ acrValues: 'c1 c2', maxAge: 60 }));
    expect(challengeIn(reply)?.params).toMatchObject({
      ...{ error: 'insufficient_user_authentication', acr_values: 'c1 c2', max_age: '60' },
    });
    expect(challengeIn(httpReplyFor(interaction({ maxAge: 0 })))?.params['max_age']).toBe('0');
    expect(challengeIn(httpReplyFor(interaction({ claims, acrValues: 'c1' })))?.params).toMatchObject({
      ...{ error: 'insufficient_claims', acr_values: 'c1' },
    });
  });

  it('is for another token where nobody said what has to be different', () => {
    const { params } = challengeIn(httpReplyFor(interaction({})))!;
    expect(Object.keys(params)).toEqual(['realm', 'authorization_uri', 'error']);
    expect(params['error']).toBe('invalid_token');
  });

  it.each(['', 'a', '[]', 'null', '"x"', '{"a":'])(
    'does not pass on claims that nobody can read: %j',
    (unreadable) => {
      const { params } = challengeIn(httpReplyFor(interaction({ claims: unreadable })))!;
      expect([params['error'], params['claims']]).toEqual(['invalid_token', undefined]);
    },
  );

  it.each([-1, 1.5, NaN, Infinity])(
    'does not ask for a sign-in of an age that there is not: %d',
    (maxAge) => {
      const { params } = challengeIn(httpReplyFor(interaction({ maxAge })))!;
      expect([params['error'], params['max_age']]).toEqual(['invalid_token', undefined]);
    },
  );

  it.each(['', ' ', '   '])('does not ask for a sign-in by no means at all: %j', (acrValues) => {
    const { params } = challengeIn(httpReplyFor(interaction({ acrValues })))!;
    expect([params['error'], params['acr_values']]).toEqual(['invalid_token', undefined]);
  });

  it.each(['c1\r\nSet-Cookie: a=b', 'c1"', 'c1\\', 'ç1', '–', 'c1\tc2'])(
    'does not pass on means that no field of words can hold: %j',
    (acrValues) => {
      const { params } = challengeIn(httpReplyFor(interaction({ acrValues, maxAge: 60 })))!;
      expect([params['error'], params['acr_values'], params['max_age']]).toEqual([
        'insufficient_user_authentication',
        undefined,
        '60',
      ]);
    },
  );

  it('is read by the caller’s own client as what this server was asked for, and can be put beside others', () => {
    const age = fc.oneof(fc.nat(), fc.constantFrom(0, Number.MAX_SAFE_INTEGER));
    const words = fc.array(
      fc.stringMatching(/^[!-~]{1,8}$/).filter((word) => !/["\\]/.test(word)),
      {
        minLength: 1,
      },
    );
    const json = fc
      .dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue())
      .map((one) => JSON.stringify(one));
    fc.assert(
      fc.property(json, words, age, (claims, acr, maxAge) => {
        const acrValues = acr.join(' ');
        const readBack = (asked: Parameters<typeof interaction>[0]) =>
          parseChallenges([
            'DPoP a=1',
            httpReplyFor(interaction(asked))!.headers['www-authenticate']!,
            'Basic',
          ]);
        expect(claimsOf(readBack({ claims }))).toBe(claims);
        expect(claimsOf(readBack({ claims, acrValues, maxAge }))).toBe(claims);
        expect(stepUpOf(readBack({ acrValues, maxAge }))).toEqual({ acrValues, maxAge });
        expect(stepUpOf(readBack({ acrValues }))).toEqual({ acrValues });
        expect(stepUpOf(readBack({ maxAge }))).toEqual({ maxAge });
      }),
    );
  });

  it('names the tenant it is told', () => {
    const authorizationUri = 'https://login.microsoftonline.com/contoso.com/oauth2/v2.0/authorize';
    const reply = httpReplyFor(interaction({ claims }), { realm: 'the "orders" realm', authorizationUri });
    expect(challengeIn(reply)?.params).toMatchObject({
      ...{ realm: 'the "orders" realm', authorization_uri: authorizationUri },
    });
  });

  it('lets nobody write another header or parameter into it', () => {
    const foreign = fc.record(
      {
        claims: fc.oneof(fc.json(), fc.string()),
        acrValues: fc.oneof(fc.string(), fc.constantFrom('a"b', 'a\r\nx: y', 'a\\', '')),
        maxAge: fc.oneof(fc.integer(), fc.double()),
      },
      { requiredKeys: [] },
    );
    const realm = fc.string({ unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(foreign, realm, (asked, name) => {
        const header = httpReplyFor(interaction(asked), { realm: name })!.headers['www-authenticate']!;
        expect(header).toMatch(/^[\x20-\x7e]+$/);
        const [challenge, ...others] = parseChallenges(header);
        expect(others).toEqual([]);
        expect(challenge?.params['realm']).toBe(name);
        const known = ['realm', 'authorization_uri', 'error', 'claims', 'acr_values', 'max_age'];
        expect(known).toEqual(expect.arrayContaining(Object.keys(challenge!.params)));
      }),
    );
  });
});
