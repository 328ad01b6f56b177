import axios from 'axios';
import { currentCall, install, type Interceptor } from '@holdfast/core';
import { scriptedTransport } from '@holdfast/testing';
import { attachToken, cachedCredential } from './index.js';

const HOUR = 60 * 60_000;

/** Sends once more with another token when the first was refused. */
const renewing: Interceptor = (next) => async (config) => {
  const response = await next(config);
  if (response.status !== 401) return response;
  const isRenewed = await currentCall(config).authorization?.renew(config, {});
  return isRenewed === true ? next(config) : response;
};

describe('a source that gives the same object each time, with another token in it', () => {
  it('has a refused call sent once more with the new token', async () => {
    const held = { token: '', expiresOnTimestamp: 0 };
    let number = 0;
    const source = {
      getToken: () => {
        held.token = `t-${(number += 1)}`;
        held.expiresOnTimestamp = Date.now() + HOUR;
        return Promise.resolve(held);
      },
    };
    const { adapter, requests } = scriptedTransport(({ token }) => ({ status: token === 't-1' ? 401 : 200 }));
    const orders = axios.create({ baseURL: 'https://orders.test', adapter });
    install(orders, [attachToken(source, { scopes: 's' }), renewing]);
    expect((await orders.get('/7')).status).toBe(200);
    expect(requests.map(({ token }) => token)).toEqual(['t-1', 't-2']);
  });
});

describe('a caller that changes the token it was given', () => {
  it('changes it for nobody else', async () => {
    const source = {
      getToken: () =>
        Promise.resolve({ token: 't-1', expiresOnTimestamp: Date.now() + HOUR, tokenType: 'Bearer' }),
    };
    const cache = cachedCredential(source);
    const given = await cache.getToken('s');
    expect(Reflect.set(given, 'token', '***')).toBe(false);
    expect(await cache.getToken('s')).toMatchObject({ token: 't-1', tokenType: 'Bearer' });
  });
});
