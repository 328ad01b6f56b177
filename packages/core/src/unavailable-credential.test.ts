import fc from 'fast-check';
import { TokenAcquisitionError, unavailableFailure, unavailableReasons } from './index.js';

const SCOPE = 'api://orders/.default';
const CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}';
const ENCODED = Buffer.from(CLAIMS).toString('base64');
const LOGIN = "Please run 'az login' from a command prompt to authenticate before using this credential.";

const named = (name: string, message = '…', members: object = {}) =>
  Object.assign(new Error(message), { name, ...members });
const unavailable = (message: string) => named('CredentialUnavailableError', message);
const chained = (...errors: readonly unknown[]) => named('AggregateAuthenticationError', 'all', { errors });
const holdingItself = () => {
  const chain = chained();
  return Object.assign(chain, { errors: [chain] });
};
const own = (isThere: boolean) =>
  new TokenAcquisitionError({
    service: 'identity provider',
    message: `No token for ${SCOPE}: nothing is here\n  a: b`,
    scopes: [SCOPE],
    transient: true,
    unavailable: !isThere,
  });

describe('a credential that is not available', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['one of the Azure SDK', unavailable(LOGIN), [LOGIN]],
    ['one whose message has lines', unavailable('not\n  here\r\n'), ['not here']],
    ['one of Holdfast', own(false), ['nothing is here; a: b']],
    ['a chain of such', chained(unavailable('a'), own(false)), ['a', 'nothing is here; a: b']],
    ['one whose message is no text', named('CredentialUnavailableError', '…', { message: 7 }), ['7']],
    ['a chain of chains', chained(chained(unavailable('a')), unavailable('b')), ['a', 'b']],
  ])('says why, on one line: %s', (_, error, reasons) => {
    expect(unavailableReasons(error)).toEqual(reasons);
  });

  it.each<[string, unknown]>([
    ['an outage', new Error('connect ECONNREFUSED')],
    ['a token that Holdfast could not have', own(true)],
    ['a user who is needed, or a 503, or a wrong secret', named('AuthenticationRequiredError')],
    ['a provider that said no', named('AuthenticationError')],
    ['a chain in which one was there', chained(unavailable('a'), named('AuthenticationRequiredError'))],
    ['a chain of none', chained()],
    ['a chain without errors', named('AggregateAuthenticationError')],
    ['a chain that holds itself', holdingItself()],
    ['no error', { name: 'CredentialUnavailableError', message: 'a' }],
    ['nothing', undefined],
  ])('is not confused with one that is there: %s', (_, error) => {
    expect(unavailableReasons(error)).toBeUndefined();
    const init = { service: 'idp', scopes: [SCOPE], demand: {}, cause: undefined };
    expect(unavailableFailure(error, init)).toBeUndefined();
  });

  it('tells the developer what to do, and Azure’s chains to go on', () => {
    const init = { service: 'idp', scopes: [SCOPE], demand: {}, cause: undefined };
    expect(unavailableFailure(unavailable(LOGIN), init)).toMatchObject({
      name: 'CredentialUnavailableError',
      code: 'ERR_TOKEN_ACQUISITION',
      unavailable: true,
      message: `No token for ${SCOPE}: the credential is not available: ${LOGIN}`,
    });
  });
});

describe('a developer’s tool that is asked for claims', () => {
  const said = (command: string) =>
    unavailable(
      `This credential doesn't support claims challenges. To authenticate with the required claims, please run the following command: ${command}`,
    );
  const init = { service: 'idp', scopes: [SCOPE], demand: { claims: CLAIMS }, cause: undefined };

  it.each([
    `az login --claims-challenge ${ENCODED} --scope ${SCOPE}`,
    `Connect-AzAccount -ClaimsChallenge ${ENCODED}`,
    `azd auth login ${SCOPE}`,
  ])('gives the user a command that works when it is pasted: %s', (command) => {
    const failure = unavailableFailure(said(command), init);
    expect(failure).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', claims: CLAIMS, scopes: [SCOPE] });
    expect(failure?.message.endsWith(` ${command}`)).toBe(true);
  });

  it('says all that the user has to do, when the API wants more of him than claims', () => {
    const demand = { claims: CLAIMS, acrValues: 'mfa', maxAge: 0 };
    const failure = unavailableFailure(said('az login'), { ...init, demand });
    expect(failure).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', ...demand });
  });

  it('tells no user to sign in because a machine has no identity', () => {
    expect(unavailableFailure(unavailable('The endpoint does not answer'), init)).toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      unavailable: true,
    });
  });

  it.each<[string, string, string]>([
    ['other claims than were asked for', '{"a":"of somebody"}', CLAIMS],
    [
      'more than a shell takes',
      JSON.stringify({ a: 'b1'.repeat(1_000) }),
      JSON.stringify({ a: 'b1'.repeat(1_000) }),
    ],
  ])('is not quoted with %s', (_, told, claims) => {
    const command = `az login --claims-challenge ${Buffer.from(told).toString('base64')} --scope`;
    const failure = unavailableFailure(said(command), { ...init, demand: { claims } });
    expect(failure?.message).toMatch(/az login --claims-challenge …(?: --scope)?$/);
  });
});

describe('a secret in what a tool says of itself', () => {
  // What keys, secrets and tokens are made of; a digit among letters, as each of them has after a few characters.
  const secret = fc
    .stringMatching(/^[A-Za-z][0-9][A-Za-z0-9_~-]{30,60}$/)
    .filter((text) => !/[-~]{3}/.test(text));
  const around = fc.constantFrom(
    (text: string) => text,
    (text: string) => `ERROR: ${text} is not good`,
    (text: string) => `{"accessToken": "${text}", "expiresOn": "now"}`,
    (text: string) => `Unexpected token 'a', "${text}" is not valid JSON`,
    (text: string) => `password=${text}`,
    (text: string) => `Authorization: Bearer eyJ${text}.eyJ${text}.${text}`,
    (text: string) => `see https://user:${text}@login.example/path?code=${text}#${text}`,
    (text: string) => `${'long '.repeat(180)}${text}`,
    (text: string) => `lines\n${text}\n`,
  );

  it('is not told', () => {
    fc.assert(
      fc.property(secret, around, fc.constantFrom(undefined, CLAIMS), (text, wrap, claims) => {
        const [reason = text] = unavailableReasons(unavailable(wrap(text)), claims) ?? [];
        expect(reason).not.toContain(text);
        expect(reason).not.toContain(text.slice(0, 24));
        expect(reason.length).toBeLessThanOrEqual(500);
        expect(reason).not.toMatch(/[\r\n]/);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    'Azure CLI could not be found. Please visit https://aka.ms/azure-cli for installation instructions',
    "AADSTS50020: User account of tenant 'b02f6a8e-5e0c-4f0b-8d53-2f7c9e1a6b34' does not exist",
    'az login --scope api://b02f6a8e-5e0c-4f0b-8d53-2f7c9e1a6b34/.default',
    "Please run 'Connect-AzAccount' from PowerShell to authenticate before using this credential.",
  ])('is looked for where there is none, and nothing is lost: %s', (message) => {
    expect(unavailableReasons(unavailable(message))).toEqual([message]);
  });
});
