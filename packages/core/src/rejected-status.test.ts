import axios, { AxiosError, type AxiosAdapter, type AxiosResponse } from 'axios';
import { callOf, currentCall, install, type Interceptor } from './index.js';

/** As some custom adapters do it: a failed status is an error, whatever the request says about that. */
function rejectingAdapter(
  statuses: readonly number[],
  code: string | undefined = AxiosError.ERR_BAD_REQUEST,
): { adapter: AxiosAdapter; errors: AxiosError[] } {
  const errors: AxiosError[] = [];
  const left = [...statuses];
  const adapter: AxiosAdapter = (config) => {
    const status = left.shift() ?? 200;
    const headers = { 'retry-after': '1' };
    const response: AxiosResponse = { status, statusText: '', data: String(status), headers, config };
    if (status < 300) return Promise.resolve(response);
    const error = new AxiosError('no', code, config, undefined, response);
    if (code === '') delete error.code;
    errors.push(error);
    return Promise.reject(error);
  };
  return { adapter, errors };
}

const again: Interceptor = (next) => async (config) => {
  const first = await next(config);
  return first.status >= 400 ? next(config) : first;
};

describe('an adapter that rejects a status by itself', () => {
  it('hides no answer from an interceptor, which can send once more', async () => {
    const { adapter } = rejectingAdapter([401]);
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    install(client, [again]);
    const response = await client.get('/7');
    expect(response.status).toBe(200);
    expect(String(callOf(response))).toMatch(/#1 .*: 401\n.*#2 .*: 200/);
  });

  it('hides none either with an error that has no code', async () => {
    const { adapter } = rejectingAdapter([401], '');
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    install(client, [again]);
    expect(await client.get('/7')).toMatchObject({ status: 200 });
  });

  it('makes no failure of the service out of a 304, which is still the error that it made', async () => {
    const { adapter, errors } = rejectingAdapter([304]);
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    const seen: number[] = [];
    const watching: Interceptor = (next) => async (config) => {
      const response = await next(config);
      seen.push(response.status);
      return response;
    };
    install(client, [watching]);
    const error = await client.get('/7').catch((reason: unknown) => reason);
    expect(error).toBe(errors[0]);
    expect(seen).toEqual([304]);
    expect(callOf(error)).toMatchObject({ failed: true, outcome: 'success' });
  });

  it('is believed by the caller, who gets the error that it made, whatever he says about statuses', async () => {
    const { adapter, errors } = rejectingAdapter([401, 404]);
    const client = axios.create({ baseURL: 'https://orders.test', adapter, validateStatus: () => true });
    install(client, [again]);
    const error = await client.get('/7').catch((reason: unknown) => reason);
    expect(error).toBe(errors[1]);
    expect(callOf(error)).toMatchObject({ sends: 2, failed: true, outcome: 'answered' });
  });

  it('leaves an answer that an interceptor puts in its place to the caller’s own rule', async () => {
    const { adapter } = rejectingAdapter([404]);
    const instead: Interceptor = (next) => async (config) => ({ ...(await next(config)), status: 200 });
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    install(client, [instead]);
    expect(await client.get('/7')).toMatchObject({ status: 200, data: 404 });
  });

  it('has not answered where the connection broke in the middle of it', async () => {
    const { adapter, errors } = rejectingAdapter([503], 'ECONNRESET');
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    const failures: unknown[] = [];
    const watching: Interceptor = (next) => (config) =>
      next(config).catch((error: unknown) => {
        failures.push(currentCall(config).lastFailure);
        throw error;
      });
    install(client, [watching]);
    await expect(client.get('/7')).rejects.toBe(errors[0]);
    expect(failures).toEqual([{ error: errors[0] }]);
  });
});
