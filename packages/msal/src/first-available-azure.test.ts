import childProcess from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  bearerTokenAuthenticationPolicy,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
} from '@azure/core-rest-pipeline';
import { AzureCliCredential, ChainedTokenCredential, DefaultAzureCredential } from '@azure/identity';
import { cachedCredential, type TokenCredential } from '@holdfast/token';
import { staticCredential } from '@holdfast/testing';
import { firstAvailable, workloadIdentity } from './index.js';
import { failureOf } from './made-outcomes.js';

const SCOPE = 'api://orders/.default';
const CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}';
const EXPIRES_ON = Math.floor(Date.UTC(2100, 0, 1) / 1000);
const ANSWER = JSON.stringify({ accessToken: 'token-of-az', expires_on: EXPIRES_ON });

const SIGNED_IN = `echo '${ANSWER}'`;
const NOT_SIGNED_IN = `echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`;
/** It reads what never comes. */
const HANGING = 'read -r never';

let folder: string;
/** The commands that were run. */
let commands: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  commands = [];
  const { exec } = childProcess;
  // The process's own environment is not that of a test: what is on the PATH is told to each command.
  jest.spyOn(childProcess, 'exec').mockImplementation(((command: string, options: object, done: never) => {
    commands.push(command);
    return exec(command, { ...options, env: { PATH: folder } }, done);
  }) as typeof exec);
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Puts an `az` on the PATH. */
function install(script: string): void {
  const path = join(folder, 'az');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o700);
}

const laptop = (options: ConstructorParameters<typeof AzureCliCredential>[0] = {}) =>
  firstAvailable(workloadIdentity({ env: {} }), new AzureCliCredential(options));

/** Hides the environment of this process from credentials that read it. */
function withEnvironment<T>(variables: Readonly<Record<string, string>>, work: () => T): T {
  const before = process.env;
  process.env = { ...before, ...variables };
  try {
    return work();
  } finally {
    process.env = before;
  }
}

describe('one line for production and for a laptop, with Azure CLI', () => {
  it('has the token of who is signed in there, by one run of az for all who ask', async () => {
    install(SIGNED_IN);
    const credential = cachedCredential(laptop());
    const tokens = await Promise.all(Array.from({ length: 10 }, () => credential.getToken(SCOPE)));
    expect(new Set(tokens.map(({ token }) => token))).toEqual(new Set(['token-of-az']));
    expect(commands).toHaveLength(1);
  });

  it.each<[string, string | undefined, RegExp]>([
    [
      'nobody is signed in',
      NOT_SIGNED_IN,
      /\n {2}AzureCliCredential: Please run 'az login' from a command prompt/,
    ],
    [
      'it is not installed',
      undefined,
      /\n {2}AzureCliCredential: Azure CLI could not be found\. .*'az login'/,
    ],
    [
      'it has trouble of its own',
      'echo "ERROR: AADSTS700082: The refresh token has expired." >&2; exit 1',
      /\n {2}AzureCliCredential: ERROR: AADSTS700082: The refresh token has expired\.$/,
    ],
    [
      'it prints what is no answer, with a token in it',
      `echo "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"`,
      /\n {2}AzureCliCredential: The text is not valid JSON$/,
    ],
  ])('the developer is told what to do when %s', async (_, script, told) => {
    if (script !== undefined) install(script);
    const error = await failureOf(laptop().getToken(SCOPE));
    expect(error).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION', unavailable: true });
    expect((error as Error).message).toMatch(told);
    expect((error as Error).message).toContain('\n  workloadIdentity(): ');
  });

  it('is told so by the tool alone, too', async () => {
    install(NOT_SIGNED_IN);
    const error = await failureOf(cachedCredential(new AzureCliCredential()).getToken(SCOPE));
    expect(String(error)).toContain("Please run 'az login'");
  });

  it('goes on when az hangs for longer than it may', async () => {
    install(HANGING);
    const credential = firstAvailable(
      new AzureCliCredential({ processTimeoutInMs: 100 }),
      staticCredential('of another tool'),
    );
    await expect(credential.getToken(SCOPE)).resolves.toMatchObject({ token: 'of another tool' });
  });

  it('a caller need not wait until then', async () => {
    install(HANGING);
    const controller = new AbortController();
    const asked = laptop({ processTimeoutInMs: 500 }).getToken(SCOPE, { abortSignal: controller.signal });
    while (commands.length === 0) await new Promise(setImmediate);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('claims that it cannot satisfy need the user, who is told the command', async () => {
    install(SIGNED_IN);
    const demand = { claims: CLAIMS, acrValues: 'mfa', maxAge: 0 };
    const credential = laptop();
    for (const one of [
      credential,
      cachedCredential(credential),
      cachedCredential(new AzureCliCredential()),
    ]) {
      const error = await failureOf(one.getToken(SCOPE, demand));
      expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', ...demand, scopes: [SCOPE] });
      const encoded = Buffer.from(CLAIMS).toString('base64');
      expect((error as Error).message).toContain(`az login --claims-challenge ${encoded} --scope ${SCOPE}`);
    }
  });
});

describe('chains of the Azure SDK', () => {
  it.each<[string, () => TokenCredential]>([
    ['ChainedTokenCredential', () => new ChainedTokenCredential(new AzureCliCredential())],
    [
      'DefaultAzureCredential',
      () =>
        withEnvironment(
          { AZURE_TOKEN_CREDENTIALS: 'AzureCliCredential' },
          () => new DefaultAzureCredential(),
        ),
    ],
  ])('in firstAvailable(): %s without anybody makes it go on, and says why', async (name, make) => {
    const next = staticCredential('t');
    await expect(firstAvailable(make(), next).getToken(SCOPE)).resolves.toMatchObject({ token: 't' });
    const error = await failureOf(firstAvailable(make()).getToken(SCOPE));
    expect(String(error)).toContain(`\n  ${name}: Azure CLI could not be found.`);
    install(SIGNED_IN);
    const credential = firstAvailable(make(), staticCredential('of somebody else'));
    await expect(credential.getToken(SCOPE)).resolves.toMatchObject({ token: 'token-of-az' });
  });

  it('around firstAvailable() go on where nothing is available', async () => {
    const nobody = () => firstAvailable(workloadIdentity({ env: {} }));
    const chain = new ChainedTokenCredential(nobody(), staticCredential('t'));
    await expect(chain.getToken(SCOPE)).resolves.toMatchObject({ token: 't' });
    const error = await failureOf(new ChainedTokenCredential(nobody()).getToken(SCOPE));
    expect(error).toMatchObject({ name: 'AggregateAuthenticationError' });
    expect(String(error)).toContain('AZURE_FEDERATED_TOKEN_FILE');
  });

  it('around firstAvailable() do not where something has failed', async () => {
    const chain = new ChainedTokenCredential(
      firstAvailable(staticCredential(new Error('down'))),
      staticCredential('of somebody else'),
    );
    await expect(chain.getToken(SCOPE)).rejects.toMatchObject({ message: 'down' });
  });
});

describe('an SDK of Azure’s with firstAvailable()', () => {
  it('sends the token of the one that is available', async () => {
    install(SIGNED_IN);
    const sent: (string | undefined)[] = [];
    const http: HttpClient = {
      sendRequest: (request) => {
        sent.push(request.headers.get('authorization'));
        return Promise.resolve({ request, status: 200, headers: createHttpHeaders() });
      },
    };
    const pipeline = createEmptyPipeline();
    pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential: laptop(), scopes: SCOPE }));
    for (let call = 0; call < 3; call += 1)
      await pipeline.sendRequest(http, createPipelineRequest({ url: 'https://orders.example/7' }));
    expect(sent).toEqual(Array<string>(3).fill('Bearer token-of-az'));
    expect(commands).toHaveLength(1);
  });
});
