import { manualClock, startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { clientCredential, type ClientCredentialOptions, type ProofRequest } from './index.js';
import { madeCertificate } from './made-certificates.js';

const SCOPE = 'api://orders/.default';
const made = madeCertificate();
const content = made.keyPem + made.certificatePem;

type Proof = Pick<ClientCredentialOptions, 'clientSecret' | 'clientCertificate' | 'clientAssertion'>;

const construct = (proof: object) =>
  clientCredential({ tenantId: 'contoso.example', clientId: 'orders', ...proof });

describe('an application proves itself in exactly one way', () => {
  const three = '"clientSecret", "clientCertificate" and "clientAssertion"';
  it.each<[object, string]>([
    [{}, 'and none is'],
    [{ clientSecret: 's3cret', clientAssertion: 's3cret' }, 'and 2 are'],
    [{ clientSecret: 's3cret', clientAssertion: 's3cret', clientCertificate: { content } }, 'and 3 are'],
  ])('or is refused at construction, without a word of what was given: %#', (proof, ending) => {
    const message = `clientCredential(): exactly one of the options ${three} must be given, ${ending}`;
    expect(() => construct(proof)).toThrow(new TypeError(message));
  });

  it.each<[object, string]>([
    [{ clientSecret: '' }, '"clientSecret" must be a secret, or a function that returns one'],
    [{ clientAssertion: 7 }, '"clientAssertion" must be a JWT, or a function that returns one'],
    ...[
      'text',
      {},
      { path: '' },
      { content: '' },
      { path: '/certs/app.pem', content },
      { path: 7 },
      { content, passphrase: 7 },
      { content, sendChain: 'yes' },
      { content, password: 's3cret' },
    ].map((clientCertificate): [object, string] => [
      { clientCertificate },
      '"clientCertificate" must be an object with path or content (and passphrase, sendChain)',
    ]),
  ])('of a kind that there is: %#', (proof, message) => {
    expect(() => construct(proof)).toThrow(message);
    expect(() => construct(proof)).not.toThrow(/s3cret|BEGIN/);
  });
});

describe('with a provider', () => {
  let idp: IdentityProvider;

  beforeEach(async () => {
    idp = await startIdentityProvider();
    idp.trust(made.certificatePem);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await idp.close();
  });

  function credential(proof: Proof, options: Partial<ClientCredentialOptions> = {}) {
    const { tenantId, clientId, authority, authorityMetadata } = idp.app;
    return clientCredential({ tenantId, clientId, authority, authorityMetadata, ...proof, ...options });
  }

  it.each<[string, Proof, string, boolean]>([
    [
      'throws',
      { clientSecret: () => Promise.reject(new RangeError('vault')) },
      'the clientSecret function failed (RangeError)',
      true,
    ],
    [
      'throws at once',
      {
        clientAssertion: () => {
          throw new RangeError('cluster');
        },
      },
      'the clientAssertion function failed (RangeError)',
      true,
    ],
    ['has no text', { clientAssertion: () => '' }, 'the clientAssertion function returned no text', false],
    [
      'has no certificate',
      { clientCertificate: () => Reflect.get({}, 'nothing') as never },
      'the clientCertificate function returned no certificate',
      false,
    ],
    [
      'has a certificate that cannot be used',
      { clientCertificate: () => ({ content: made.keyPem }) },
      'the certificate holds no certificate',
      false,
    ],
    [
      'knows a file that is not there',
      { clientCertificate: () => ({ path: '/nowhere/app.pem' }) },
      'the certificate /nowhere/app.pem does not exist',
      true,
    ],
  ])('a function that %s is told by name, and nothing is sent', async (_, proof, why, transient) => {
    await expect(credential(proof).getToken(SCOPE)).rejects.toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      message: `No token for ${SCOPE}: ${why}`,
      transient,
    });
    expect(idp.tokenRequests).toHaveLength(0);
  });

  it('a function that never answers ends with timeoutMs, and is told', async () => {
    const clock = manualClock({ fakeGlobals: false, now: Date.now() });
    const requests: ProofRequest[] = [];
    const clientSecret = (request: ProofRequest) => {
      requests.push(request);
      return new Promise<string>(() => undefined);
    };
    const asked = credential({ clientSecret }, { clock, timeoutMs: 5_000 }).getToken(SCOPE);
    const failed = expect(asked).rejects.toMatchObject({
      message: `No token for ${SCOPE}: the clientSecret function failed (TimeoutError)`,
      transient: true,
    });
    while (clock.pending === 0) await new Promise(setImmediate);
    await clock.advance(5_000);
    await failed;
    expect(requests[0]?.abortSignal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('a caller who gives up waits for no function, and its work is ended', async () => {
    const requests: ProofRequest[] = [];
    const clientCertificate = (request: ProofRequest) => {
      requests.push(request);
      return new Promise<never>(() => undefined);
    };
    const controller = new AbortController();
    const asked = credential({ clientCertificate }).getToken(SCOPE, { abortSignal: controller.signal });
    while (requests.length === 0) await new Promise(setImmediate);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    expect(requests[0]?.abortSignal.aborted).toBe(true);
  });

  it('a function that has answered is not told to stop', async () => {
    const signals: AbortSignal[] = [];
    const clientSecret = ({ abortSignal }: ProofRequest) => {
      signals.push(abortSignal);
      return idp.app.clientSecret;
    };
    const controller = new AbortController();
    await credential({ clientSecret }).getToken(SCOPE, { abortSignal: controller.signal });
    controller.abort();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  it('a process that runs for long sends no assertion that has expired, and none twice', async () => {
    const one = credential({ clientCertificate: { content } });
    await one.getToken(SCOPE);
    // Which assertions were sent before, the provider knows.
    await expect(one.getToken(SCOPE)).resolves.toBeDefined();
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + 600_000);
    await expect(one.getToken(SCOPE)).resolves.toBeDefined();
    expect(idp.tokenRequests.map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});
