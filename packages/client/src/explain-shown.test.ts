import { staticCredential } from '@holdfast/testing';
import axios from 'axios';
import { Agent } from 'node:https';
import {
  createServiceClient,
  explain,
  install,
  standardInterceptors,
  type ServiceClientOptions,
} from './index.js';

const explained = (options: Partial<ServiceClientOptions> = {}) =>
  explain(
    createServiceClient({
      name: 'orders',
      baseURL: 'https://orders.test/v1',
      credential: staticCredential(),
      scopes: 'api://orders/.default',
      ...options,
    }),
  );

const optionsOf = (name: string, options: Partial<ServiceClientOptions> = {}) =>
  explained(options)
    .toJSON()
    .interceptors.find((one) => one.name === name)!.options;

const transportOf = (options: Partial<ServiceClientOptions> = {}) => explained(options).toJSON().transport!;

describe('an explanation in a log', () => {
  it('has the service in its first line, and goes on with the interceptors', () => {
    const { name: service, ...standard } = { name: 'stock', credential: false } as const;
    const list = standardInterceptors({ name: service, ...standard, profile: 'batch' });
    expect(String(explain(list)).split('\n').slice(0, 3)).toEqual([
      'stock (profile batch)',
      '  nameCalls',
      '    name: stock (given)',
    ]);
    expect(String(explain([]))).toBe('a pipeline');
  });

  it('names the place of an interceptor where it is another than its own', () => {
    const lines = String(explained({ before: { retry: [(next) => next] } })).split('\n');
    expect(lines).toEqual(expect.arrayContaining(['  retry', '  (unnamed) (before.retry)']));
    expect(lines.some((line) => line.startsWith('  retry ('))).toBe(false);
  });

  it('says none for a list without members, and for what is not there', () => {
    const lines = String(explained()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['    origins: none (default)', '    tenantId: none (default)']),
    );
    expect(String(explained({ sensitiveHeaders: ['x-a', 'x-b'] }))).toContain(
      'sensitiveHeaders: x-a, x-b (given)',
    );
  });
});

describe('an explanation of an option', () => {
  it('tells the service, and of two that name the calls the inner one', () => {
    expect(optionsOf('nameCalls')['name']).toEqual({ value: 'orders', default: false });
    const [outer, inner] = ['stock', 'orders'].map((name) =>
      standardInterceptors({ name, credential: false }),
    );
    expect(explain([...outer!, ...inner!]).toJSON().service).toBe('orders');
  });

  it('tells a function by its name, unless that is more than a word', () => {
    const perTenant = () => 'contoso';
    const { ['a token, s3cr3t']: odd } = { ['a token, s3cr3t']: () => 'contoso' };
    expect(optionsOf('circuitBreaker', { key: perTenant })['key']?.value).toBe('[function perTenant]');
    expect(optionsOf('circuitBreaker', { key: odd })['key']?.value).toBe('[function]');
  });

  it('shows no text that only looks like a URL', () => {
    const scopes = 'urn:orders?sig=s3cr3t';
    expect(optionsOf('attachToken', { scopes })['scopes']?.value).toBe('[string]');
  });

  it('shows a path of its own as the base URL, and no part of what is neither that nor a URL', () => {
    const shownOf = (baseURL: string) => {
      const client = axios.create({ baseURL });
      install(client, []);
      return explain(client).toJSON().baseURL;
    };
    expect(shownOf('/api/v1?sig=s3cr3t')).toBe('/api/v1');
    expect(shownOf('s3cr3t@orders/v1')).toBe('[string]');
    expect(shownOf('//s3cr3t@orders.test/v1')).toBe('[string]');
  });

  it.each([1, 4_000, 20_000])(
    'tells that a timeout of axios, here %d, is the time of an attempt',
    (timeout) => {
      const { timeoutMs } = optionsOf('attemptTimeout', { axios: { timeout } });
      expect(timeoutMs).toEqual({ value: timeout, default: true, from: 'axios.timeout' });
    },
  );
});

describe('an explanation of what sends the requests', () => {
  it('lists the adapters in the order in which they are tried', () => {
    expect(transportOf().adapter).toEqual(['xhr', 'http', 'fetch']);
  });

  it.each<[string, ServiceClientOptions['axios']]>([
    ['environment', {}],
    ['none', { proxy: false }],
    ['given', { proxy: { host: 'proxy.test', port: 8_080 } }],
  ])('tells a proxy of kind %s', (kind, defaults) => {
    expect(transportOf({ axios: defaults! }).proxy).toBe(kind);
  });

  it('tells what an agent says of itself, and nothing of one that says nothing', () => {
    const silent = Object.create(null) as Agent;
    const { http, https } = transportOf({ axios: { httpAgent: silent, httpsAgent: new Agent() } }).agents;
    expect(https).toMatchObject({ type: 'Agent', keepAlive: false });
    expect(http).toEqual({
      type: 'object',
      ...{ keepAlive: null, maxSockets: null, maxTotalSockets: null, maxFreeSockets: null, timeout: null },
    });
  });

  it('names the headers of all methods and of one, and those that are named as a method is', () => {
    const ofMethod = (method: string) => ({ [method]: { [`x-${method}`]: 'a' } });
    const usual = ['common', 'delete', 'get', 'head', 'options', 'patch', 'post', 'put'];
    const methods = [...usual, 'purge', 'link', 'unlink', 'query'];
    const { headers } = transportOf({
      axios: { headers: Object.assign({}, ...methods.map(ofMethod)) as never },
    });
    expect(headers).toEqual(expect.arrayContaining(methods.map((method) => `x-${method}`)));
    for (const method of methods) expect(headers).not.toContain(method);
  });

  it.each<[unknown, readonly string[]]>([
    ['<https://orders.test>', ['link']],
    [['<https://orders.test>', '<https://stock.test>'], ['link']],
    [null, []],
  ])('names a header that is named as a method is, where it is one: %j', (link, names) => {
    const { headers } = transportOf({ axios: { headers: { link } as never } });
    expect(headers.filter((name) => /^(?:link|\d+)$/.test(name))).toEqual(names);
  });

  it('names no headers where a client has none', () => {
    const client = axios.create();
    install(client, []);
    Reflect.deleteProperty(client.defaults, 'headers');
    expect(explain(client).toJSON().transport?.headers).toEqual([]);
  });
});
