import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import axios, { AxiosError, AxiosHeaders, type AxiosAdapter, type InternalAxiosRequestConfig } from 'axios';
import { callOf, install } from '@holdfast/core';
import { staticCredential } from '@holdfast/testing';
import { attachToken } from './index.js';

const TOKEN = 'the-secret-token';
const isSuccess = (status: number) => status < 300;

/** As a wrapper does it that wants failed statuses for errors, whatever the request says about that. */
const strictly =
  (name: 'http' | 'fetch'): AxiosAdapter =>
  (config) =>
    axios.getAdapter(name)({ ...config, validateStatus: isSuccess });

function copyOf(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  return { ...config, headers: new AxiosHeaders(config.headers.toJSON()) };
}

/** Each of what it hands out leads to a request of its own. */
const copying: AxiosAdapter = async (config) => {
  const { request, ...answer } = await axios.getAdapter('http')(config);
  const response = { ...answer, config };
  if (isSuccess(response.status)) return response;
  throw new AxiosError('no', AxiosError.ERR_BAD_REQUEST, copyOf(config), request, response);
};

describe('an adapter that rejects a status by itself, as an error that leads to the request', () => {
  let server: Server;
  let baseURL = '';

  beforeAll(async () => {
    server = createServer(({ headers }, response) => {
      response.writeHead(headers.authorization === `Bearer ${TOKEN}` ? 404 : 500).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const failureOf = async (adapter: AxiosAdapter) => {
    const client = axios.create({ baseURL, adapter });
    install(client, [attachToken(staticCredential(TOKEN), { scopes: 's' })]);
    return client.get('/7').catch((reason: unknown) => reason as AxiosError);
  };

  it.each<[string, AxiosAdapter]>([
    ['Node’s', strictly('http')],
    ['fetch’s', strictly('fetch')],
    ['copies of it', copying],
  ])('shows nobody the token: %s', async (_, adapter) => {
    const failure = await failureOf(adapter);
    expect(failure).toMatchObject({ code: AxiosError.ERR_BAD_REQUEST, response: { status: 404 } });
    expect(inspect(failure, { depth: 6 }).includes(TOKEN)).toBe(false);
  });

  it('hands the request back as it came', async () => {
    const failure = (await failureOf(copying)) as AxiosError;
    expect(failure.config?.validateStatus?.(404)).toBe(false);
    expect(callOf(failure)?.attempts).toMatchObject([{ status: 404 }]);
  });
});
