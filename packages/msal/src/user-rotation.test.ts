import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { deviceCode } from './index.js';
import { encrypted, MadeStore } from './made-store.js';
import { grants, SCOPE, stillClock, until } from './made-users.js';

/** Knows how to be held by one at a time. */
class LockingStore extends MadeStore {
  readonly #held = new Map<string, Promise<void>>();

  async lock(key: string): Promise<() => Promise<void>> {
    const before = this.#held.get(key) ?? Promise.resolve();
    let end: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => (end = resolve));
    this.#held.set(
      key,
      before.then(() => mine),
    );
    await before;
    return () => {
      end();
      return Promise.resolve();
    };
  }
}

let idp: IdentityProvider;

beforeEach(async () => {
  idp = await startIdentityProvider();
  idp.deviceCodeInterval = 0.01;
  idp.detectsReuse = true;
});

afterEach(() => idp.close());

const commandLine = (store?: MadeStore) =>
  deviceCode({
    ...idp.publicApp,
    random: () => 0,
    prompt: ({ userCode }) => {
      idp.approve(userCode);
    },
    ...(store !== undefined && { store: encrypted(store) }),
  });

const scopes = Array.from({ length: 10 }, (_, at) => `api://orders-${at}/.default`);

describe('a provider that signs a user out when a refresh token is used twice', () => {
  it('many tokens at once, for several APIs: he stays signed in', async () => {
    const credential = commandLine();
    await credential.signIn({ scopes: SCOPE });
    const asked = scopes.map((scope, at) => credential.getToken(scope, { enableCae: at % 2 === 0 }));
    expect((await Promise.all(asked)).map((token) => typeof token?.token)).toEqual(
      scopes.map(() => 'string'),
    );
    expect(grants(idp).filter((grant) => grant === 'device_code')).toHaveLength(1);
  });

  it('two processes with one store: he stays signed in', async () => {
    const store = new LockingStore();
    const [one, other] = [commandLine(store), commandLine(store)];
    await one.signIn({ scopes: SCOPE });
    const asked = scopes.map((scope, at) => (at % 2 === 0 ? one : other).getToken(scope));
    expect((await Promise.all(asked)).map((token) => typeof token?.token)).toEqual(
      scopes.map(() => 'string'),
    );
    expect(grants(idp).filter((grant) => grant === 'device_code')).toHaveLength(1);
    expect(idp.tokenRequests.every(({ status }) => status === 200)).toBe(true);
  });

  it('two processes, and a store without a lock: whoever comes too late goes on with what the other one has left', async () => {
    await idp.close();
    const theirs = stillClock();
    idp = await startIdentityProvider({ clock: theirs });
    idp.deviceCodeInterval = 0.01;
    const store = new MadeStore();
    const [one, other] = [commandLine(store), commandLine(store)];
    await one.signIn({ scopes: SCOPE });
    idp.delayMs = 1_000;
    const late = one.getToken('api://late/.default');
    await until(() => theirs.pending === 1);
    idp.delayMs = 0;
    await other.getToken('api://soon/.default');
    idp.failNext({ error: 'invalid_grant' });
    await theirs.advance(1_000);
    await expect(late).resolves.toBeDefined();
    expect(grants(idp).filter((grant) => grant === 'device_code')).toHaveLength(1);
  });

  it('a caller who leaves in the middle of a refresh takes nothing with him', async () => {
    const credential = commandLine();
    await credential.signIn({ scopes: SCOPE });
    const leaving = new AbortController();
    const left = credential.getToken('api://stock/.default', { abortSignal: leaving.signal });
    const before = idp.tokenRequests.length;
    while (idp.tokenRequests.length === before) await new Promise((resolve) => setImmediate(resolve));
    leaving.abort();
    await expect(left).rejects.toMatchObject({ name: 'AbortError' });
    await expect(credential.getToken(SCOPE)).resolves.toBeDefined();
    await expect(credential.getToken('api://other/.default')).resolves.toBeDefined();
    expect(grants(idp).filter((grant) => grant === 'device_code')).toHaveLength(1);
  });
});
