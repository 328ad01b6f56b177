import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

interface Outcome {
  /** That of the one call, or how many ended with which. */
  readonly status: number | string | Readonly<Record<string, number>>;
  /** By token, how many requests reached the API with it. */
  readonly sent: Readonly<Record<string, number>>;
  readonly tokenRequests: number;
  /** The claims that the credential was handed. */
  readonly asked: readonly string[];
  readonly tokensElsewhere: number;
  readonly bodies: readonly string[];
  readonly right: boolean;
}

let outcomes: ReadonlyMap<string, Readonly<Record<string, Outcome | undefined>>>;

// In a process of its own: the peers are ES modules.
beforeAll(async () => {
  const child = fork(join(__dirname, 'peer-table.mjs'), ['--json'], {
    cwd: join(__dirname, '..'),
    execArgv: ['--conditions=@holdfast/source', '--import=tsx'],
    silent: true,
    timeout: 110_000,
  });
  const [output, errors] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close'),
  ]);
  expect(errors).toBe('');
  const results = JSON.parse(output) as { name: string; outcomes: Record<string, Outcome> }[];
  outcomes = new Map(results.map((one) => [one.name, one.outcomes]));
}, 120_000);

const of = (peer: string) => (name: string) => outcomes.get(name)?.[peer];

/** Every case stands in one of a peer's lists: a new one is looked at with each of them. */
function expectAll(...lists: readonly (readonly string[])[]): void {
  expect(lists.flat().sort()).toEqual([...outcomes.keys()].sort());
}

const NOT_ANSWERED = { status: 401, sent: { 't-1': 1 }, tokenRequests: 1, asked: [] };
const IN_VAIN = { status: 401, sent: { 't-1': 1, 't-2': 1 }, tokenRequests: 2 };
const SAME_TOKEN = { status: 401, sent: { 't-1': 2 }, tokenRequests: 1 };

const WRITTEN_OTHERWISE = [
  'a scheme in lower case',
  'a scheme in upper case',
  'an unquoted error',
  'names of parameters in upper case',
  'an error in another case',
  'escaped quotes in a value',
  'an escaped letter in a value',
  'a name with a hyphen',
  'an empty list element in it',
  'claims in base64url',
];
const WIDELY_READ = [
  'a challenge as Microsoft’s APIs print it',
  'no space behind a comma',
  'a comma in a value',
  'an "=" in a value',
  'claims before the error',
  'parameters behind the claims',
  'PoP behind it',
  'another Bearer challenge before it',
  'claims without padding',
];
const NOT_FIRST = [
  'PoP before it',
  'DPoP without parameters before it',
  'Negotiate with a token68 before it',
  'a header line of its own, behind another',
  'an empty list element before it',
];
const SPACED = ['unquoted claims', 'spaces around "="', 'a tab around "="'];
const BEYOND_ASCII = 'claims beyond ASCII';
const TWICE = 'claims given twice';
const NO_OBJECT = ['claims that are no JSON', 'claims that are a JSON array'];
const NO_BASE64 = 'claims that are not base64';
const NO_CHALLENGE = ['claims beside another error', 'claims without an error', 'claims of another scheme'];
const NOTHING_SAID = ['a challenge inside of a value', 'a 401 that says nothing'];
const FORBIDDEN = 'a 403 with a challenge';
const SECOND = 'a second 401';
const INVALID_TOKEN = '`invalid_token` without claims';
const REDIRECTED = 'a challenge from where a redirect led';
const OWN_HEADER = 'an Authorization header of the caller’s own';
const STREAM = 'a body that is a stream';
const AGAIN = 'a request that is made again, and challenged again';
const NEXT_DAY = 'a request that is made again a day later, with `invalid_token` both times';
const AT_ONCE = '100 calls that are challenged at once';
const ONE_BY_ONE = '100 calls that are challenged one after the other';
const INVALID_AT_ONCE = '100 calls with `invalid_token` at once';
const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';

describe('@azure/core-rest-pipeline', () => {
  const outcomeOf = of('@azure/core-rest-pipeline');
  const unseen = [...WRITTEN_OTHERWISE, ...SPACED];
  const right = [...WIDELY_READ, ...NOT_FIRST, NO_BASE64, ...NO_CHALLENGE, ...NOTHING_SAID, FORBIDDEN];
  const rightToo = [SECOND, REDIRECTED, AGAIN, AT_ONCE];

  it.each(unseen)('@azure/core-rest-pipeline does not see %s: the caller gets the 401', (name) => {
    expect(outcomeOf(name)).toMatchObject(NOT_ANSWERED);
  });

  it('@azure/core-rest-pipeline garbles claims beyond ASCII, and sends again in vain', () => {
    expect(outcomeOf(BEYOND_ASCII)).toMatchObject({ ...IN_VAIN, asked: [CLAIMS.replace('c1', 'ZoÃ«')] });
  });

  it('@azure/core-rest-pipeline takes the last of claims that are given twice', () => {
    expect(outcomeOf(TWICE)).toMatchObject({ ...IN_VAIN, asked: [CLAIMS.replace('c1', 'c>>?')] });
  });

  it.each(NO_OBJECT)('@azure/core-rest-pipeline sends the same token again upon %s', (name) => {
    expect(outcomeOf(name)).toMatchObject(SAME_TOKEN);
  });

  it('@azure/core-rest-pipeline does not answer `invalid_token`, for one call or for 100', () => {
    expect(outcomeOf(INVALID_TOKEN)).toMatchObject(NOT_ANSWERED);
    expect(outcomeOf(NEXT_DAY)).toMatchObject({ status: { 401: 1 }, tokenRequests: 1 });
    expect(outcomeOf(INVALID_AT_ONCE)).toMatchObject({ status: { 401: 100 }, tokenRequests: 1 });
  });

  it('@azure/core-rest-pipeline puts its token in place of the caller’s own header, and answers for that', () => {
    expect(outcomeOf(OWN_HEADER)).toMatchObject({ ...IN_VAIN, asked: [CLAIMS] });
  });

  it('@azure/core-rest-pipeline sends a consumed stream again, and reports the 200 to nothing as success', () => {
    expect(outcomeOf(STREAM)).toMatchObject({ status: 200, bodies: ['an order', ''] });
  });

  it('@azure/core-rest-pipeline asks for 100 tokens when 100 calls are challenged one after the other', () => {
    expect(outcomeOf(ONE_BY_ONE)).toMatchObject({ status: { 200: 100 }, tokenRequests: 101 });
  });

  it.each([...right, ...rightToo])('@azure/core-rest-pipeline is right about %s', (name) => {
    expect(outcomeOf(name)).toHaveProperty('right', true);
  });

  it('stands here with every case', () => {
    const wrong = [BEYOND_ASCII, TWICE, ...NO_OBJECT, INVALID_TOKEN, NEXT_DAY, OWN_HEADER, STREAM];
    expectAll(unseen, wrong, [ONE_BY_ONE, INVALID_AT_ONCE], right, rightToo);
  });
});

describe('kiota', () => {
  const outcomeOf = of('kiota');
  const unseen = [...NOT_FIRST, ...SPACED];
  const right = [...WIDELY_READ, ...WRITTEN_OTHERWISE, BEYOND_ASCII, ...NOTHING_SAID, FORBIDDEN];
  const rightToo = [SECOND, AGAIN];

  it.each(unseen)('kiota does not see %s: the caller gets the 401', (name) => {
    expect(outcomeOf(name)).toMatchObject(NOT_ANSWERED);
  });

  it('kiota takes the first of claims that are given twice', () => {
    expect(outcomeOf(TWICE)).toMatchObject({ ...IN_VAIN, asked: [CLAIMS] });
  });

  it.each([...NO_OBJECT, NO_BASE64])('kiota sends the same token again upon %s', (name) => {
    expect(outcomeOf(name)).toMatchObject(SAME_TOKEN);
  });

  it.each(NO_CHALLENGE)('kiota asks for a token upon %s', (name) => {
    expect(outcomeOf(name)).toMatchObject({ ...IN_VAIN, asked: [CLAIMS] });
  });

  it('kiota does not answer `invalid_token`, for one call or for 100', () => {
    expect(outcomeOf(INVALID_TOKEN)).toMatchObject(NOT_ANSWERED);
    expect(outcomeOf(NEXT_DAY)).toMatchObject({ status: { 401: 1 }, tokenRequests: 1 });
    expect(outcomeOf(INVALID_AT_ONCE)).toMatchObject({ status: { 401: 100 }, tokenRequests: 1 });
  });

  it('kiota asks for a token with the claims of an origin that a redirect led to', () => {
    expect(outcomeOf(REDIRECTED)).toMatchObject({ ...IN_VAIN, asked: [CLAIMS], tokensElsewhere: 0 });
  });

  it('kiota puts its token in place of the caller’s own header upon a challenge', () => {
    expect(outcomeOf(OWN_HEADER)).toMatchObject({ sent: { mine: 1, 't-1': 1 }, asked: [CLAIMS] });
  });

  it.each([AT_ONCE, ONE_BY_ONE])('kiota asks for 100 tokens for %s', (name) => {
    expect(outcomeOf(name)).toMatchObject({ status: { 200: 100 }, tokenRequests: 101 });
  });

  it('kiota takes no stream for a body', () => {
    expect(outcomeOf(STREAM)).toBeUndefined();
  });

  it.each([...right, ...rightToo])('kiota is right about %s', (name) => {
    expect(outcomeOf(name)).toHaveProperty('right', true);
  });

  it('stands here with every case', () => {
    const wrong = [TWICE, ...NO_OBJECT, NO_BASE64, ...NO_CHALLENGE, INVALID_TOKEN, NEXT_DAY, REDIRECTED];
    expectAll(unseen, wrong, [INVALID_AT_ONCE, OWN_HEADER, AT_ONCE, ONE_BY_ONE, STREAM], right, rightToo);
  });
});

describe('axios-auth-refresh', () => {
  const outcomeOf = of('axios-auth-refresh');
  const claims = [...WIDELY_READ, ...WRITTEN_OTHERWISE, ...NOT_FIRST, ...SPACED, BEYOND_ASCII, SECOND];
  const noChallenge = [TWICE, ...NO_OBJECT, NO_BASE64, ...NO_CHALLENGE, ...NOTHING_SAID];
  const right = [FORBIDDEN, INVALID_TOKEN];

  it.each(claims)('axios-auth-refresh asks without the claims, and sends again in vain: %s', (name) => {
    expect(outcomeOf(name)).toMatchObject({ ...IN_VAIN, asked: [] });
  });

  it.each(noChallenge)('axios-auth-refresh asks for a token upon any 401: %s', (name) => {
    expect(outcomeOf(name)).toMatchObject({ ...IN_VAIN, asked: [] });
  });

  it('axios-auth-refresh asks for a token upon the 401 of an origin that a redirect led to', () => {
    expect(outcomeOf(REDIRECTED)).toMatchObject({ ...IN_VAIN, tokensElsewhere: 0 });
  });

  it('axios-auth-refresh, set up as its documentation has it, knows no header of the caller’s own', () => {
    expect(outcomeOf(OWN_HEADER)).toMatchObject(IN_VAIN);
  });

  it('axios-auth-refresh sends a consumed stream again', () => {
    expect(outcomeOf(STREAM)).toMatchObject({ bodies: ['an order', ''] });
  });

  it('axios-auth-refresh leaves its mark on a request: made again a day later, it is not answered', () => {
    expect(outcomeOf(NEXT_DAY)).toMatchObject({ status: { 200: 1, 401: 1 }, sent: { 't-1': 1, 't-2': 2 } });
    expect(outcomeOf(AGAIN)).toMatchObject({ status: { 401: 2 }, sent: { 't-1': 1, 't-2': 2 } });
  });

  it('axios-auth-refresh sends one of 100 calls again, and the others get the 401', () => {
    expect(outcomeOf(INVALID_AT_ONCE)).toMatchObject({ status: { 200: 1, 401: 99 }, tokenRequests: 2 });
    expect(outcomeOf(AT_ONCE)).toMatchObject({ status: { 401: 100 }, sent: { 't-1': 101, 't-2': 1 } });
  });

  it('axios-auth-refresh asks for 100 tokens when 100 calls are challenged one after the other', () => {
    expect(outcomeOf(ONE_BY_ONE)).toMatchObject({ status: { 401: 100 }, tokenRequests: 101 });
  });

  it.each(right)('axios-auth-refresh is right about %s', (name) => {
    expect(outcomeOf(name)).toHaveProperty('right', true);
  });

  it('stands here with every case', () => {
    const calls = [REDIRECTED, OWN_HEADER, STREAM, NEXT_DAY, AGAIN, INVALID_AT_ONCE, AT_ONCE, ONE_BY_ONE];
    expectAll(claims, noChallenge, calls, right);
  });
});

describe('Holdfast, with every case that a peer was tried with', () => {
  const outcomeOf = of('Holdfast');

  it.each([...WIDELY_READ, ...WRITTEN_OTHERWISE, ...NOT_FIRST, ...SPACED, BEYOND_ASCII])(
    'Holdfast answers %s with one token and one more send',
    (name) => {
      expect(outcomeOf(name)).toMatchObject({ ...IN_VAIN, status: 200, right: true });
    },
  );

  it.each([TWICE, ...NO_OBJECT, NO_BASE64, ...NO_CHALLENGE, ...NOTHING_SAID])(
    'Holdfast gives the caller the 401 as it came: %s',
    (name) => {
      expect(outcomeOf(name)).toMatchObject({ ...NOT_ANSWERED, right: true });
    },
  );

  it.each([FORBIDDEN, SECOND, INVALID_TOKEN, REDIRECTED, OWN_HEADER, STREAM, AGAIN, NEXT_DAY])(
    'Holdfast is right about %s',
    (name) => {
      expect(outcomeOf(name)).toHaveProperty('right', true);
    },
  );

  it.each([AT_ONCE, ONE_BY_ONE, INVALID_AT_ONCE])('Holdfast asks for one token for %s', (name) => {
    expect(outcomeOf(name)).toMatchObject({ status: { 200: 100 }, tokenRequests: 2, right: true });
  });

  it('loses none', () => {
    expect([...outcomes].filter(([, of]) => of['Holdfast']?.right !== true)).toEqual([]);
    expect(outcomes.size).toBe(48);
  });
});
