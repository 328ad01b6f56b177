import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { Agent, createServer as createHttpsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import forge from 'node-forge';
import { clientCredential, type ClientCredentialOptions } from './index.js';

const SCOPE = 'api://orders/.default';
const SECRET = 'for-nobody-else';

/** A certificate of localhost, signed by itself. A name: of an address the newest Node lets nobody ask in TLS (RFC 6066). */
function selfSigned(): { readonly key: string; readonly cert: string } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const signer = forge.pki.privateKeyFromPem(key);
  const cert = forge.pki.createCertificate();
  cert.publicKey = forge.pki.rsa.setPublicKey(signer.n, signer.e);
  cert.serialNumber = '01';
  cert.validity.notBefore = new Date(Date.now() - 86_400_000);
  cert.validity.notAfter = new Date(Date.now() + 86_400_000);
  const name = [{ name: 'commonName', value: 'localhost' }];
  cert.setSubject(name);
  cert.setIssuer(name);
  cert.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
  ]);
  cert.sign(signer, forge.md.sha256.create());
  return { key, cert: forge.pki.certificateToPem(cert) };
}

const tls = selfSigned();
const bodies: string[] = [];
const provider = createHttpsServer(tls, (request: IncomingMessage, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    bodies.push(body);
    response.end(JSON.stringify({ token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' }));
  });
});

/** Whom the proxy was asked to connect to, every byte that went through it, and its connections. */
const connects: string[] = [];
const seen: Buffer[] = [];
const sockets = new Set<Socket>();
const proxy = createHttpServer((request, response) => {
  seen.push(Buffer.from(`${request.method ?? ''} ${request.url ?? ''}`));
  response.writeHead(501).end();
});
proxy.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
  connects.push(request.url ?? '');
  seen.push(Buffer.from(JSON.stringify(request.rawHeaders)), head);
  client.on('data', (chunk: Buffer) => seen.push(chunk));
  const target = connect(portOf(provider), '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    client.pipe(target).pipe(client);
  });
  for (const socket of [client, target]) {
    sockets.add(socket);
    socket.on('error', () => undefined);
  }
});

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  for (const server of [provider, proxy]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
});

const ENVIRONMENT = [
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'NO_PROXY',
  'no_proxy',
] as const;
const before = Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]]));

beforeEach(() => {
  for (const name of ENVIRONMENT) Reflect.deleteProperty(process.env, name);
  bodies.length = connects.length = seen.length = 0;
});

afterAll(async () => {
  for (const name of ENVIRONMENT)
    if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = before[name];
  for (const socket of sockets) socket.destroy();
  for (const server of [provider, proxy] as Server[]) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

/** A credential that trusts the provider's certificate. */
function credential(axios: ClientCredentialOptions['axios'] = {}) {
  const url = `https://localhost:${portOf(provider)}`;
  const issuer = 'https://login.microsoftonline.com/contoso/v2.0';
  const endpoints = { authorization_endpoint: `${url}/authorize`, jwks_uri: `${url}/keys` };
  return clientCredential({
    tenantId: 'contoso',
    clientId: 'b02f6a8e-5e0c-4f0b-8d53-2f7c9e1a6b34',
    clientSecret: SECRET,
    authorityMetadata: JSON.stringify({ ...endpoints, issuer, token_endpoint: `${url}/token` }),
    axios: { httpsAgent: new Agent({ ca: tls.cert }), ...axios },
  });
}

const proxyUrl = () => `http://127.0.0.1:${portOf(proxy)}`;

/** The token came, and the proxy, if there was one, saw nothing of what proves the application. */
async function expectToken(options?: ClientCredentialOptions['axios']): Promise<void> {
  await expect(credential(options).getToken(SCOPE)).resolves.toMatchObject({ token: 'a-token' });
  expect(bodies).toEqual([expect.stringContaining(`client_secret=${SECRET}`)]);
  const bytes = Buffer.concat(seen).toString('latin1');
  for (const word of [SECRET, 'client_secret', 'a-token']) expect(bytes).not.toContain(word);
}

describe('a proxy on the way to the identity provider', () => {
  it('named by HTTPS_PROXY hands the request on and sees nothing of it', async () => {
    process.env['HTTPS_PROXY'] = proxyUrl();
    await expectToken();
    expect(connects).toEqual([`localhost:${portOf(provider)}`]);
    // The tunnelled bytes are there, and cannot be read.
    expect(Buffer.concat(seen).length).toBeGreaterThan(1_000);
  });

  it('named by the option hands the request on and sees nothing of it', async () => {
    await expectToken({ proxy: { protocol: 'http', host: '127.0.0.1', port: portOf(proxy) } });
    expect(connects).toEqual([`localhost:${portOf(provider)}`]);
  });

  it('is not used for hosts in NO_PROXY', async () => {
    process.env['HTTPS_PROXY'] = proxyUrl();
    process.env['NO_PROXY'] = 'localhost';
    await expectToken();
    expect(connects).toEqual([]);
  });

  it('of the environment is not used when the option says so', async () => {
    process.env['HTTPS_PROXY'] = proxyUrl();
    await expectToken({ proxy: false });
    expect(connects).toEqual([]);
  });
});

describe('a certificate of the provider that nobody has vouched for', () => {
  it('keeps the secret from being sent', async () => {
    await expect(credential({ httpsAgent: new Agent() }).getToken(SCOPE)).rejects.toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
    });
    expect(bodies).toEqual([]);
  });
});

describe('the option "axios"', () => {
  it.each([{ baseURL: 'https://elsewhere.example' }, { headers: {} }, 'proxy', null])(
    'takes nothing that would bend a token request: %j',
    (axios) => {
      const make = () => credential();
      expect(make).not.toThrow();
      expect(() =>
        Reflect.apply(clientCredential, undefined, [
          { tenantId: 't', clientId: 'c', clientSecret: 's', axios },
        ]),
      ).toThrow(
        'clientCredential(): the option "axios" must be an object with proxy, httpAgent, httpsAgent and nothing else',
      );
    },
  );
});
