import { inspect } from 'node:util';
import { AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';
import { InteractionRequiredError, TokenAcquisitionError } from './errors.js';
import { retoldFailure } from './token-failure.js';

const request = (url: string): InternalAxiosRequestConfig => ({
  url,
  data: 'client_secret=hunter2',
  headers: new AxiosHeaders(),
});
const common = { service: 'idp', message: 'no token', scopes: ['orders'] };

describe('a failed token acquisition that is told to another call', () => {
  it('says the same, in that call’s name and with its request', () => {
    const failure = new TokenAcquisitionError({
      ...common,
      config: request('/token'),
      retryAfterMs: 7,
      correlationId: 'c-1',
      transient: false,
    });
    const told = retoldFailure(failure, { service: 'orders', config: request('/7'), cause: failure });
    expect(told).toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      message: 'no token',
      service: 'orders',
      scopes: ['orders'],
      retryAfterMs: 7,
      correlationId: 'c-1',
      transient: false,
      cause: failure,
    });
    expect(told.config?.url).toBe('/7');
  });

  it('does not lead to the request that failed', () => {
    const failure = new TokenAcquisitionError({ ...common, config: request('/token'), transient: true });
    const told = retoldFailure(failure, { message: 'later', retryAfterMs: 3, cause: undefined });
    expect(told).toMatchObject({ message: 'later', retryAfterMs: 3, service: 'idp' });
    expect(told.config).toBeUndefined();
    expect(inspect(told, { depth: Infinity, showHidden: true })).not.toContain('hunter2');
  });

  it('still says what the user has to be asked for', () => {
    const failure = new InteractionRequiredError({ ...common, claims: '{}', acrValues: 'c1', maxAge: 9 });
    const told = retoldFailure(failure, { service: 'orders', retryAfterMs: 3, cause: failure });
    expect(told).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      claims: '{}',
      acrValues: 'c1',
      maxAge: 9,
    });
    expect(told).toMatchObject({ service: 'orders', message: 'no token', cause: failure });
  });

  it('says what was demanded, where it does not say itself what the user has to be asked for', () => {
    const demand = { claims: '{"a":1}', acrValues: 'c2', maxAge: 0 };
    const bare = retoldFailure(new InteractionRequiredError(common), { demand, cause: undefined });
    expect(bare).toMatchObject(demand);
    expect(bare).not.toHaveProperty('demand');
    const failure = new InteractionRequiredError({ ...common, claims: '{}', maxAge: 9 });
    const told = retoldFailure(failure, { demand, cause: failure });
    expect(told).toMatchObject({ claims: '{}', acrValues: 'c2', maxAge: 9 });
  });

  it('still has the name by which Azure’s chains go on to their next credential', () => {
    const failure = new TokenAcquisitionError({ ...common, transient: false, unavailable: true });
    const told = retoldFailure(failure, { service: 'orders', retryAfterMs: 3, cause: failure });
    expect(told).toMatchObject({ name: 'CredentialUnavailableError', unavailable: true });
    const other = retoldFailure(new TokenAcquisitionError({ ...common, transient: true }), {
      cause: failure,
    });
    expect(other).toMatchObject({ name: 'TokenAcquisitionError', unavailable: false });
  });
});
