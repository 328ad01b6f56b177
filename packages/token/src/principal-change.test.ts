import axios, { type AxiosInstance } from 'axios';
import { currentCall, install, type Interceptor } from '@holdfast/core';
import { scriptedTransport, type ScriptedTransport } from '@holdfast/testing';
import {
  attachToken,
  cachedCredential,
  withCredential,
  type AccessToken,
  type TokenCredential,
  type TokenHolder,
} from './index.js';

/** The credential of whoever is signed in at a machine. */
class AtTheMachine implements TokenCredential {
  user = 'ada';
  readonly asked: string[] = [];
  readonly #holders: TokenHolder[] = [];

  getToken(): Promise<AccessToken> {
    this.asked.push(this.user);
    if (this.user === 'nobody') return Promise.reject(new Error('nobody is signed in'));
    return Promise.resolve({ token: this.user, expiresOnTimestamp: Date.now() + 3_600_000 });
  }

  onPrincipalChange(holder: TokenHolder): void {
    this.#holders.push(holder);
  }

  signIn(user: string): void {
    this.user = user;
    for (const holder of this.#holders) holder.forget();
  }
}

/** Sends once more with another token when the first was refused, as soon as `meanwhile` has happened. */
const renewing =
  (meanwhile: () => void): Interceptor =>
  (next) =>
  async (config) => {
    const response = await next(config);
    if (response.status !== 401) return response;
    meanwhile();
    const isRenewed = await currentCall(config)
      .authorization?.renew(config, {})
      .catch(() => false);
    return isRenewed === true ? next(config) : response;
  };

function clientOf(
  credential: TokenCredential,
  script: (request: { readonly token: string | undefined }) => { readonly status: number } = () => ({
    status: 200,
  }),
  meanwhile: () => void = () => undefined,
): { readonly orders: AxiosInstance; readonly tokens: () => (string | undefined)[] } {
  const { adapter, requests }: ScriptedTransport = scriptedTransport(script);
  const orders = axios.create({ baseURL: 'https://orders.test', adapter, validateStatus: () => true });
  install(orders, [attachToken(credential, { scopes: 's' }), renewing(meanwhile)]);
  return { orders, tokens: () => requests.map(({ token }) => token) };
}

describe('a user who signs in after another one has signed out', () => {
  it.each<[string, (credential: TokenCredential) => TokenCredential]>([
    ['whose credential the client has', (credential) => credential],
    ['behind a cache', (credential) => cachedCredential(credential)],
    ['behind a cache behind a cache', (credential) => cachedCredential(cachedCredential(credential))],
  ])('does not go out with the other one’s token: %s', async (_, wrap) => {
    const machine = new AtTheMachine();
    const { orders, tokens } = clientOf(wrap(machine));
    await orders.get('/7');
    await orders.get('/7');
    machine.signIn('bob');
    await orders.get('/7');
    await orders.get('/7');
    expect(tokens()).toEqual(['ada', 'ada', 'bob', 'bob']);
    expect(machine.asked).toEqual(['ada', 'bob']);
  });

  it('does not where the credential comes with the request, or is inherited', async () => {
    const machine = new AtTheMachine();
    const { orders, tokens } = clientOf(new AtTheMachine());
    const calls = async () => {
      await orders.get('/7', { holdfast: { credential: machine } });
      await withCredential(machine, () => orders.get('/7'));
    };
    await calls();
    machine.signIn('bob');
    await calls();
    expect(tokens()).toEqual(['ada', 'ada', 'bob', 'bob']);
  });

  it('is not held up because nobody was signed in a moment ago', async () => {
    const machine = new AtTheMachine();
    machine.user = 'nobody';
    const { orders, tokens } = clientOf(machine);
    await expect(orders.get('/7')).rejects.toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
    machine.signIn('bob');
    await orders.get('/7');
    expect(tokens()).toEqual(['bob']);
  });

  it('does not take over a call of the other one’s that was refused meanwhile', async () => {
    const machine = new AtTheMachine();
    const { orders, tokens } = clientOf(
      machine,
      ({ token }) => ({ status: token === 'ada' ? 401 : 200 }),
      () => {
        machine.signIn('bob');
      },
    );
    expect((await orders.get('/7')).status).toBe(401);
    expect(tokens()).toEqual(['ada']);
    expect(machine.asked).toEqual(['ada']);
  });
});
