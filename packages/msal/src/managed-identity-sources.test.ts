import { createHash } from 'node:crypto';
import type * as FileSystem from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { failureOf } from './made-outcomes.js';
import { MadeProvider } from './made-provider.js';

// MSAL keeps its source for the process: it is loaded anew for each test.
const SCOPE = 'https://vault.azure.net/.default';
const KEY_FILE = '/var/opt/azcmagent/tokens/made.key';
const CLIENT_ID = '11111111-1111-4111-8111-111111111111';
const VARIABLES = [
  'IDENTITY_ENDPOINT',
  'IDENTITY_HEADER',
  'IDENTITY_SERVER_THUMBPRINT',
  'IMDS_ENDPOINT',
  'MSI_ENDPOINT',
  'MSI_SECRET',
  'DEFAULT_IDENTITY_CLIENT_ID',
  'AZURE_POD_IDENTITY_AUTHORITY_HOST',
] as const;

beforeEach(() => {
  jest.resetModules();
  for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
});

afterEach(() => {
  jest.dontMock('fs');
});

async function ours(options: object = {}) {
  const { managedIdentity } = await import('./index.js');
  return managedIdentity(options);
}

let issued = 0;

/** A token, and no two the same. */
function token(): string {
  issued += 1;
  const expires_on = String(Math.floor(Date.now() / 1000) + 86_400);
  return JSON.stringify({ access_token: `token-${issued}`, token_type: 'Bearer', expires_on });
}

function urlOf({ app }: MadeProvider): string {
  return new URL((JSON.parse(app.authorityMetadata) as { token_endpoint: string }).token_endpoint).origin;
}

const queryOf = ({ url = '/' }: IncomingMessage) => new URL(url, 'http://127.0.0.1').searchParams;

describe('on a machine with Azure Arc', () => {
  const secretFirst = ({ headers }: IncomingMessage, response: ServerResponse) => {
    if (headers.authorization === 'Basic a-key') response.end(token());
    else response.writeHead(401, { 'WWW-Authenticate': `Basic realm=${KEY_FILE}` }).end();
  };

  it('the file that the endpoint names is read, and the token comes', async () => {
    jest.doMock('fs', () => {
      const fs = jest.requireActual<typeof FileSystem>('fs');
      return {
        ...fs,
        statSync: (path: string) => (path === KEY_FILE ? { size: 5 } : fs.statSync(path)),
        readFileSync: (path: string, encoding: 'utf8') =>
          path === KEY_FILE ? 'a-key' : fs.readFileSync(path, encoding),
      };
    });
    await using arc = await MadeProvider.start(secretFirst);
    process.env['IDENTITY_ENDPOINT'] = `${urlOf(arc)}/metadata/identity/oauth2/token`;
    process.env['IMDS_ENDPOINT'] = urlOf(arc);
    await expect((await ours()).getToken(SCOPE)).resolves.toMatchObject({ token: `token-${issued + 1}` });
    expect(arc.requests.map(({ headers }) => headers['x-ms-client-request-id'])).toEqual(
      Array(2).fill(arc.requests[0]?.headers['x-ms-client-request-id']),
    );
  });

  it('a file that is not there is told, and is no outage', async () => {
    await using arc = await MadeProvider.start(secretFirst);
    process.env['IDENTITY_ENDPOINT'] = `${urlOf(arc)}/metadata/identity/oauth2/token`;
    process.env['IMDS_ENDPOINT'] = urlOf(arc);
    await expect((await ours()).getToken(SCOPE)).rejects.toMatchObject({
      message: `No token for ${SCOPE}: the managed identity endpoint could not be asked (unable_to_read_secret_file)`,
      transient: false,
    });
  });
});

describe('in a Cloud Shell', () => {
  it('the token of the one identity comes, by POST', async () => {
    const bodies: string[] = [];
    await using shell = await MadeProvider.start((request, response) => {
      response.end(token());
      bodies.push(`${request.method}`);
    });
    process.env['MSI_ENDPOINT'] = `${urlOf(shell)}/oauth2/token`;
    await expect((await ours()).getToken(SCOPE)).resolves.toMatchObject({ token: `token-${issued + 1}` });
    expect(bodies).toEqual(['POST']);
  });

  it('no identity can be chosen, and none is given in its place', async () => {
    await using shell = await MadeProvider.answering(200, token());
    process.env['MSI_ENDPOINT'] = `${urlOf(shell)}/oauth2/token`;
    await expect((await ours({ clientId: CLIENT_ID })).getToken(SCOPE)).rejects.toMatchObject({
      message: `No token for ${SCOPE}: no identity can be chosen here by the option "clientId"`,
      transient: false,
      unavailable: false,
    });
    expect(shell.requests).toHaveLength(0);
  });
});

describe('in Service Fabric', () => {
  const inFabric = (fabric: MadeProvider) => {
    process.env['IDENTITY_ENDPOINT'] = `${urlOf(fabric)}/metadata/identity/oauth2/token`;
    process.env['IDENTITY_HEADER'] = 'a-header';
    process.env['IDENTITY_SERVER_THUMBPRINT'] = 'a-thumbprint';
  };

  it('a token that was refused is named, so that another one comes', async () => {
    await using fabric = await MadeProvider.start((_, response) => response.end(token()));
    inFabric(fabric);
    const credential = await ours();
    const before = await credential.getToken(SCOPE, { enableCae: true });
    await credential.getToken(SCOPE, { enableCae: true, claims: '{"access_token":{}}' });
    const [first, second] = fabric.requests.map(queryOf);
    expect(first?.has('token_sha256_to_refresh')).toBe(false);
    const hash = createHash('sha256')
      .update(before?.token ?? '')
      .digest('hex');
    expect(second?.get('token_sha256_to_refresh')).toBe(hash);
    expect(second?.get('xms_cc')).toBe('cp1');
  });

  it.each(['clientId', 'resourceId', 'objectId'])(
    'no identity can be chosen by %s: the cluster chooses',
    async (option) => {
      await using fabric = await MadeProvider.answering(200, token());
      inFabric(fabric);
      const failure = await failureOf((await ours({ [option]: CLIENT_ID })).getToken(SCOPE));
      expect(failure).toMatchObject({ transient: false, unavailable: false });
      expect(fabric.requests).toHaveLength(0);
    },
  );
});

describe('in Azure Machine Learning', () => {
  const inMachineLearning = (workspace: MadeProvider) => {
    process.env['MSI_ENDPOINT'] = `${urlOf(workspace)}/MSI/auth`;
    process.env['MSI_SECRET'] = 'a-secret';
    process.env['DEFAULT_IDENTITY_CLIENT_ID'] = 'that-of-the-workspace';
  };

  it('the identity of the workspace is asked for, or the one that was chosen by its client id', async () => {
    await using workspace = await MadeProvider.start((_, response) => response.end(token()));
    inMachineLearning(workspace);
    await (await ours()).getToken(SCOPE);
    await (await ours({ clientId: CLIENT_ID })).getToken(SCOPE);
    const ids = workspace.requests.map((request) => queryOf(request).get('clientid'));
    expect(ids).toEqual(['that-of-the-workspace', CLIENT_ID]);
  });

  it('none can be chosen by another id', async () => {
    await using workspace = await MadeProvider.answering(200, token());
    inMachineLearning(workspace);
    const failure = await failureOf((await ours({ objectId: CLIENT_ID })).getToken(SCOPE));
    expect(failure).toMatchObject({ transient: false });
    expect(workspace.requests).toHaveLength(0);
  });
});

describe('an environment that names an endpoint badly', () => {
  it('is told, and is no outage', async () => {
    process.env['IDENTITY_ENDPOINT'] = 'not a url';
    process.env['IDENTITY_HEADER'] = 'a-header';
    const failure = await failureOf((await ours()).getToken(SCOPE));
    expect(failure).toMatchObject({
      message: `No token for ${SCOPE}: the managed identity endpoint has an address in the environment that is no URL`,
      transient: false,
      unavailable: false,
    });
  });
});
