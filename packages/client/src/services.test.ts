import { manualClock, scriptedTransport, staticCredential } from '@holdfast/testing';
import { createClientFactory, servicesFrom, ServicesError, type ServicesFromOptions } from './index.js';

const scopes = ['api://orders/.default'];
const orders = { baseURL: 'https://orders.example', scopes };

/** What is wrong with a configuration, one line for each. */
function problemsOf(json: unknown, options: ServicesFromOptions = {}): readonly string[] {
  try {
    servicesFrom(json, options);
  } catch (error) {
    if (error instanceof ServicesError)
      return error.problems.map(({ place, problem }) => `${place} ${problem}`);
    throw error;
  }
  return [];
}

describe('a configuration', () => {
  it('makes clients that send what it says, with a token for its scopes', async () => {
    const clock = manualClock();
    const { adapter, requests } = scriptedTransport(() => ({ status: 503 }), { clock });
    const json = {
      services: {
        orders: { ...orders, retry: { retries: 1, baseDelayMs: 0 }, axios: { headers: { 'x-team': 'a' } } },
      },
    };
    const credential = staticCredential('a-token');
    const clients = createClientFactory({
      credential,
      defaults: { clock, axios: { adapter } },
      services: servicesFrom(json, { names: ['orders'] }),
    });
    await clock.runUntilSettled(clients.orders.get('/7').catch(() => undefined));
    clock.uninstall();
    expect(requests).toMatchObject(
      [1, 2].map(() => ({
        baseURL: 'https://orders.example',
        token: 'a-token',
        headers: { 'x-team': 'a' },
      })),
    );
    expect(requests).toHaveLength(2);
    expect(credential.requests[0]?.scopes).toEqual(scopes);
  });

  it('says once what holds for all services, and each of them goes before it, option by option', () => {
    expect(
      servicesFrom({
        defaults: {
          deadlineMs: 20_000,
          origins: ['https://files.example'],
          retry: { retries: 1, maxDelayMs: 900 },
          circuitBreaker: false,
          correlation: { header: 'x-request-id' },
          axios: { headers: { 'x-team': 'a' } },
        },
        services: {
          orders: {
            ...orders,
            origins: [],
            retry: { retries: 5 },
            circuitBreaker: { probes: 4 },
            correlation: false,
            axios: { headers: { 'x-other': 'b' }, maxRedirects: 0 },
          },
          billing: { baseURL: 'http://127.0.0.1:8080/billing', credential: false, deadlineMs: false },
        },
      }),
    ).toEqual({
      orders: {
        ...orders,
        deadlineMs: 20_000,
        origins: [],
        retry: { retries: 5, maxDelayMs: 900 },
        circuitBreaker: { probes: 4 },
        correlation: false,
        axios: { headers: { 'x-team': 'a', 'x-other': 'b' }, maxRedirects: 0 },
      },
      billing: {
        baseURL: 'http://127.0.0.1:8080/billing',
        credential: false,
        deadlineMs: false,
        origins: ['https://files.example'],
        retry: { retries: 1, maxDelayMs: 900 },
        circuitBreaker: false,
        correlation: { header: 'x-request-id' },
        axios: { headers: { 'x-team': 'a' } },
      },
    });
  });

  it('gives each service a budget of retries of its own, of the size that is said for all', () => {
    const { orders: one, billing: other } = servicesFrom(
      {
        defaults: { scopes, retry: { budget: { ratio: 0, minPerSecond: 1 } } },
        services: {
          orders: { baseURL: 'https://orders.example' },
          billing: { baseURL: 'https://billing.example' },
        },
      },
      { names: ['orders', 'billing'] },
    );
    const budgets = [one, other].map(({ retry }) => (retry === false ? undefined : retry?.budget));
    expect(Array.from({ length: 4 }, () => budgets[0]?.spend(1, 0))).toEqual([true, true, true, false]);
    expect(budgets[1]?.spend(1, 0)).toBe(true);
  });

  it('has the services that the program names, and no more; one that is missing is refused', () => {
    const json = { services: { orders, other: { baseURL: 'of a program that has another schema' } } };
    const services = servicesFrom(json, { names: ['orders'] });
    expect(Object.keys(services)).toEqual(['orders']);
    expect(services.orders.baseURL).toBe('https://orders.example');
    expect(problemsOf(json, { names: ['orders', 'billing'] })).toEqual([
      'services.billing is missing; there are orders, other',
    ]);
    expect(problemsOf({ services: {} }, { names: ['orders'] })).toEqual([
      'services.orders is missing; there is none',
    ]);
  });

  it('tells all that is wrong at once, one line each, as a TypeError', () => {
    const refused = () =>
      servicesFrom({
        defaults: { stallMs: -5 },
        services: {
          orders: { ...orders, baseUrl: 'https://orders.example', deadlineMs: 'soon' },
          billing: { baseURL: 'https://billing.example', circuitBreaker: { probes: 1.5 } },
        },
      });
    expect(refused).toThrow(TypeError);
    expect(refused).toThrow(
      [
        'servicesFrom(): 5 problems',
        '  defaults.stallMs must be a number of milliseconds above 0, up to 2147483647, or false, and is -5',
        '  services.orders.baseUrl is no option: "baseURL" is; there are baseURL, credential, scopes, tenantId, origins, sensitiveHeaders, inheritCredential, profile, deadlineMs, attemptTimeoutMs, stallMs, correlation, retry, throttleGate, circuitBreaker, claimsChallenge, agent, axios',
        '  services.orders.deadlineMs must be a number of milliseconds above 0, up to 2147483647, or false, and is "soon"',
        '  services.billing.circuitBreaker.probes must be a whole number, 1 or more, and is 1.5',
        '  services.billing.scopes is missing: what its tokens are for, such as "api://billing/.default", here or by HOLDFAST_BILLING_SCOPES; or say "credential": false',
      ].join('\n'),
    );
  });

  it('with a thousand problems has fifty of them in its message', () => {
    const services = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`s${at}`, {}]));
    expect(problemsOf({ services })).toHaveLength(1_000);
    expect(() => servicesFrom({ services })).toThrow(/^(?:[^\n]+\n){51} {2}and 950 more$/);
  });

  it.each<[string, unknown, string]>([
    [
      'text',
      '{"services":{}}',
      'the configuration must be an object with "services", as JSON.parse() returns it',
    ],
    ['nothing', null, 'the configuration must be an object with "services", as JSON.parse() returns it'],
    ['a list', [], 'the configuration must be an object with "services", as JSON.parse() returns it'],
    [
      'services without the word around them',
      { orders },
      'the configuration.orders is no option; there are $schema, defaults, services',
    ],
    ['no services', {}, 'services must be an object with the options of each service by its name'],
    [
      'a list of them',
      { services: [orders] },
      'services must be an object with the options of each service by its name',
    ],
    [
      'a service that is a text',
      { services: { orders: 'x' } },
      'services.orders must be an object of options, and is "x"',
    ],
    [
      'no name',
      { services: { '': orders } },
      'services[""] is refused: createClientFactory(): the name of a service must be a letter',
    ],
    [
      'a name that an awaiting caller asks for',
      { services: { then: orders } },
      'services.then is refused: createClientFactory(): "then" cannot be the name of a service',
    ],
    ['a schema that is no text', { $schema: 7, services: {} }, '$schema must be a text'],
    [
      'two names that no variable tells apart',
      { services: { 'order-lines': orders, orderLines: orders } },
      'services.orderLines and "order-lines" have the same variables, HOLDFAST_ORDER_LINES_…: rename one of them',
    ],
    [
      'nothing as defaults',
      { defaults: null, services: {} },
      'defaults must be an object of options, and is null',
    ],
    [
      'a base URL for all of them',
      { defaults: { baseURL: 'https://a.example' }, services: {} },
      'defaults.baseURL is no option',
    ],
  ])('that is %s is refused', (_, json, problem) => {
    expect(problemsOf(json)).toEqual(expect.arrayContaining([expect.stringContaining(problem)]));
  });
});

it('options of servicesFrom() that it does not have are refused', () => {
  // @ts-expect-error -- there is no such option
  expect(() => servicesFrom({ services: {} }, { environment: {} })).toThrow(
    'servicesFrom(): there is no option "environment"; there are env, names',
  );
  // @ts-expect-error -- a service that was not named
  expect(servicesFrom({ services: { orders } }, { names: ['orders'] }).billing).toBeUndefined();
  // @ts-expect-error -- names are texts
  expect(() => servicesFrom({ services: {} }, { names: [7] })).toThrow('"names" must be a list of names');
});
