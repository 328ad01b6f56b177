import crypto from 'node:crypto';
import { onBehalfOf } from './index.js';

// What it costs to find a user who is known is counted: times mean little on a machine that does something else.

const app = { tenantId: 'contoso.example', clientId: 'orders', clientSecret: 'a-secret' };

function jwt(number: number): string {
  const parts = [{ alg: 'none' }, { sub: `user-${number}`, exp: 32_503_680_000 }];
  return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.x`;
}

/** The work of one look-up, once so many users are known. */
function workOf(users: number): Record<string, number> {
  const obo = onBehalfOf(app);
  const assertions = Array.from({ length: users }, (_, number) => jwt(number));
  for (const assertion of assertions) obo.forUser(assertion);
  const wanted = assertions[users >> 1] ?? '';
  const known = obo.forUser(wanted);
  const watched = {
    hashes: jest.spyOn(crypto, 'hash'),
    lookUps: jest.spyOn(Map.prototype, 'get'),
    insertions: jest.spyOn(Map.prototype, 'set'),
    removals: jest.spyOn(Map.prototype, 'delete'),
    walks: jest.spyOn(Map.prototype, Symbol.iterator),
    decodings: jest.spyOn(JSON, 'parse'),
  };
  const found = obo.forUser(wanted);
  const counts = Object.entries(watched).map(([name, spy]) => [name, spy.mock.calls.length] as const);
  jest.restoreAllMocks();
  expect(found).toBe(known);
  return Object.fromEntries(counts);
}

const WORK = { hashes: 1, lookUps: 1, insertions: 1, removals: 1, walks: 0, decodings: 0 };

it('a user who is known is found by one hash and one look-up, among 10,000 as if he were the only one', () => {
  expect(workOf(1)).toEqual(WORK);
  expect(workOf(10_000)).toEqual(WORK);
});

it('a token is read once, when its user comes for the first time', () => {
  const obo = onBehalfOf(app);
  const parse = jest.spyOn(JSON, 'parse');
  for (let call = 0; call < 5; call += 1) obo.forUser(jwt(1));
  const { length } = parse.mock.calls;
  parse.mockRestore();
  expect(length).toBe(1);
});
