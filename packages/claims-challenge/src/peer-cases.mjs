// One table of what an API may say, in every way RFC 9110 lets it and in a few that nobody can answer, and what has to come of it.
import { Buffer } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { hold } from './peer-api.mjs';

// Only a token that was acquired with them has them: they are about how the user signed in, and not about when.
const claimsFor = (value) => `{"access_token":{"acrs":{"essential":true,"value":"${value}"}}}`;
const CLAIMS = claimsFor('c1');
// What base64 and base64url write differently, and a length that calls for padding.
const OTHER = claimsFor('c>>?');
const ACCENTED = claimsFor('Zoë');

const encode = (text, encoding = 'base64') => Buffer.from(text).toString(encoding);
const B64 = encode(CLAIMS);
const ERROR = 'error="insufficient_claims"';
const CHALLENGE = `Bearer realm="", ${ERROR}, claims="${B64}"`;
const standard = (claims) => `Bearer realm="", ${ERROR}, claims="${encode(claims)}"`;

const INVALID_TOKEN = 'Bearer error="invalid_token"';

const ANSWERED = { status: 200, sent: { 't-1': 1, 't-2': 1 }, tokenRequests: 2 };
const LEFT_ALONE = { status: 401, sent: { 't-1': 1 }, tokenRequests: 1, asked: [] };

const MADE_TWICE = { status: { 200: 2 }, sent: { 't-1': 1, 't-2': 2, 't-3': 1 }, tokenRequests: 3 };

/** How many calls ended with which status. */
function counted(all) {
  const statuses = {};
  for (const status of all) statuses[status] = (statuses[status] ?? 0) + 1;
  return statuses;
}

const answered = (name, field, claims = CLAIMS) => ({
  name,
  expected: { ...ANSWERED, asked: [claims] },
  play: ({ api, source, ask }) => {
    api.refuses = (token) => (source.claimsOf(token) === claims ? undefined : field);
    return ask();
  },
});

const leftAlone = (name, field) => ({
  name,
  expected: LEFT_ALONE,
  play: ({ api, ask }) => {
    api.refuses = () => field;
    return ask();
  },
});

const CALLS = 100;

/** Calls under way with a token that was good until now; `refuse` lets them hear of it, one by one or all at once. */
async function revokeUnderWay({ api, ask }, refuses, refuse) {
  api.refuses = () => undefined;
  await ask();
  api.refuses = refuses;
  const { all, release } = hold(api, CALLS);
  const calls = Array.from({ length: CALLS }, (_, at) => ask({ path: `/${at}` }));
  await all;
  await refuse(release, calls);
  return counted(await Promise.all(calls));
}

const allAtOnce = (source) => async (release, calls) => {
  let answer;
  source.held = new Promise((resolve) => (answer = resolve));
  for (const at of calls.keys()) release(`/${at}`);
  // On loopback an answer is there as soon as it was written: so all have been read when the first token comes.
  for (let turn = 0; turn < 500; turn += 1) await nextTurn();
  answer();
};

const REVOKED_UNDER_WAY = { status: { 200: CALLS }, sent: { 't-1': 101, 't-2': 100 }, tokenRequests: 2 };

export const CASES = [
  answered('a challenge as Microsoft’s APIs print it', CHALLENGE),
  answered('a scheme in lower case', `bearer ${ERROR}, claims="${B64}"`),
  answered('a scheme in upper case', `BEARER ${ERROR}, claims="${B64}"`),
  answered('an unquoted error', `Bearer error=insufficient_claims, claims="${B64}"`),
  answered('unquoted claims', `Bearer ${ERROR}, claims=${encode(CLAIMS, 'base64url')}`),
  answered('spaces around "="', `Bearer error = "insufficient_claims", claims = "${B64}"`),
  answered('a tab around "="', `Bearer error\t=\t"insufficient_claims", claims\t=\t"${B64}"`),
  answered('names of parameters in upper case', `Bearer ERROR="insufficient_claims", CLAIMS="${B64}"`),
  answered('an error in another case', `Bearer error="Insufficient_Claims", claims="${B64}"`),
  answered('no space behind a comma', `Bearer ${ERROR},claims="${B64}"`),
  answered('escaped quotes in a value', `Bearer realm="the \\"orders\\"", ${ERROR}, claims="${B64}"`),
  answered('an escaped letter in a value', `Bearer error="insufficient\\_claims", claims="${B64}"`),
  answered('a comma in a value', `Bearer realm="orders, claims", ${ERROR}, claims="${B64}"`),
  answered('an "=" in a value', `Bearer error_description="claims=new", ${ERROR}, claims="${B64}"`),
  answered('a name with a hyphen', `Bearer x-ms="1", ${ERROR}, claims="${B64}"`),
  answered('claims before the error', `Bearer claims="${B64}", ${ERROR}`),
  answered('parameters behind the claims', `Bearer ${ERROR}, claims="${B64}", client_id="orders"`),
  answered('PoP before it', `PoP nonce="n", ${CHALLENGE}`),
  answered('PoP behind it', `${CHALLENGE}, PoP nonce="n", claims="none"`),
  answered('DPoP without parameters before it', `DPoP, ${CHALLENGE}`),
  answered('Negotiate with a token68 before it', `Negotiate oYG0MIGxoAMKAQ==, ${CHALLENGE}`),
  answered('another Bearer challenge before it', `Bearer realm="orders", ${CHALLENGE}`),
  answered('a header line of its own, behind another', ['Basic realm="orders"', CHALLENGE]),
  answered('an empty list element before it', `, ${CHALLENGE}`),
  answered('an empty list element in it', `Bearer ${ERROR}, , claims="${B64}"`),
  answered('claims in base64url', `Bearer ${ERROR}, claims="${encode(OTHER, 'base64url')}"`, OTHER),
  answered('claims without padding', `Bearer ${ERROR}, claims="${encode(OTHER).replace(/=+$/, '')}"`, OTHER),
  answered('claims beyond ASCII', standard(ACCENTED), ACCENTED),
  leftAlone('claims given twice', `Bearer ${ERROR}, claims="${B64}", claims="${encode(OTHER)}"`),
  leftAlone('claims that are no JSON', standard('{"access_token":')),
  leftAlone('claims that are a JSON array', standard('[]')),
  leftAlone('claims that are not base64', `Bearer ${ERROR}, claims="not base64!"`),
  leftAlone('claims beside another error', `Bearer error="insufficient_scope", claims="${B64}"`),
  leftAlone('claims without an error', `Bearer realm="", claims="${B64}"`),
  leftAlone('claims of another scheme', `Bearer realm="", PoP ${ERROR}, claims="${B64}"`),
  leftAlone(
    'a challenge inside of a value',
    `Basic realm="Bearer ${ERROR.replaceAll('"', '\\"')}, claims=\\"${B64}\\""`,
  ),
  leftAlone('a 401 that says nothing', 'Bearer realm=""'),
  {
    name: 'a 403 with a challenge',
    expected: { ...LEFT_ALONE, status: 403 },
    play: ({ api, ask }) => {
      api.refuses = () => CHALLENGE;
      api.status = 403;
      return ask();
    },
  },
  {
    name: 'a second 401',
    expected: { ...ANSWERED, status: 401, asked: [CLAIMS] },
    play: ({ api, ask }) => {
      api.refuses = () => CHALLENGE;
      return ask();
    },
  },
  {
    name: '`invalid_token` without claims',
    expected: { ...ANSWERED, asked: [] },
    play: ({ api, ask }) => {
      api.refuses = (token) => (token === 't-1' ? INVALID_TOKEN : undefined);
      return ask();
    },
  },
  {
    name: 'a challenge from where a redirect led',
    expected: { tokenRequests: 1, asked: [], tokensElsewhere: 0 },
    play: ({ api, ask }) => {
      api.refuses = () => CHALLENGE;
      return ask({ path: '/moved' });
    },
  },
  {
    name: 'an Authorization header of the caller’s own',
    expected: { status: 401, sent: { mine: 1 }, tokenRequests: 0, asked: [] },
    play: ({ api, ask }) => {
      api.refuses = () => CHALLENGE;
      return ask({ headers: { Authorization: 'Bearer mine' } });
    },
  },
  {
    name: 'a body that is a stream',
    expected: { status: 401, sent: { 't-1': 1 }, bodies: ['an order'] },
    play: ({ api, source, ask }) => {
      api.refuses = (token) => (source.claimsOf(token) === CLAIMS ? undefined : CHALLENGE);
      return ask({ stream: 'an order' });
    },
  },
  {
    name: 'a request that is made again, and challenged again',
    expected: { ...MADE_TWICE, asked: [CLAIMS, OTHER] },
    play: async ({ api, source, make, send }) => {
      const request = make({ path: '/7' });
      api.refuses = (token) => (source.claimsOf(token) === CLAIMS ? undefined : CHALLENGE);
      const first = await send(request);
      api.refuses = (token) => (source.claimsOf(token) === OTHER ? undefined : standard(OTHER));
      return counted([first, await send(request)]);
    },
  },
  {
    name: 'a request that is made again a day later, with `invalid_token` both times',
    expected: { ...MADE_TWICE, asked: [] },
    play: async ({ api, clock, make, send }) => {
      const request = make({ path: '/7' });
      api.refuses = (token) => (token === 't-1' ? INVALID_TOKEN : undefined);
      const first = await send(request);
      clock.laterMs = 86_400_000;
      api.refuses = (token) => (token === 't-2' ? INVALID_TOKEN : undefined);
      return counted([first, await send(request)]);
    },
  },
  {
    name: '100 calls that are challenged at once',
    expected: REVOKED_UNDER_WAY,
    play: (stage) => {
      const { source } = stage;
      const refuses = (token) => (source.claimsOf(token) === CLAIMS ? undefined : CHALLENGE);
      return revokeUnderWay(stage, refuses, allAtOnce(source));
    },
  },
  {
    name: '100 calls that are challenged one after the other',
    expected: REVOKED_UNDER_WAY,
    play: (stage) => {
      const refuses = (token) => (stage.source.claimsOf(token) === CLAIMS ? undefined : CHALLENGE);
      return revokeUnderWay(stage, refuses, async (release, calls) => {
        for (const [at, call] of calls.entries()) {
          release(`/${at}`);
          await call;
        }
      });
    },
  },
  {
    name: '100 calls with `invalid_token` at once',
    expected: REVOKED_UNDER_WAY,
    play: (stage) => {
      const refuses = (token) => (token === 't-1' ? INVALID_TOKEN : undefined);
      return revokeUnderWay(stage, refuses, allAtOnce(stage.source));
    },
  },
];
