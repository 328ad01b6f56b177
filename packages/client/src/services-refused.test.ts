import { ServicesError, servicesFrom } from './index.js';

const orders = { baseURL: 'https://orders.example', scopes: 'api://orders/.default' };

/** What is wrong with these options of a service, one line for each. */
function problemsOfOrders(changes: object): readonly string[] {
  try {
    servicesFrom({ services: { orders: { ...orders, ...changes } } });
  } catch (error) {
    if (error instanceof ServicesError)
      return error.problems.map(({ place, problem }) => `${place} ${problem}`);
    throw error;
  }
  return [];
}

describe('the base URL of a service', () => {
  it.each<[string, unknown, string]>([
    ['is missing', undefined, 'is missing: an https URL, here or by HOLDFAST_ORDERS_BASE_URL'],
    ['is a path', '/orders', 'must be an absolute URL, by https or on loopback, and is a string'],
    [
      'has another scheme',
      'ftp://orders.example',
      'must be an absolute URL, by https or on loopback, and is a string',
    ],
    [
      'has a blank in it',
      'https://orders.example/a b',
      'must be an absolute URL, by https or on loopback, and is "https://orders.example/a%20b"',
    ],
    [
      'is by http',
      'http://orders.example/a',
      'must be by https, or by http on loopback, and is "http://orders.example/a"',
    ],
    [
      'has a password',
      'https://ada:pa55@orders.example',
      'must be without a user name and a password, which axios would send in place of the token, and is a string',
    ],
    [
      'has a query',
      'https://orders.example/a?sig=pa55',
      'must be without a query and a fragment, to which paths would be added, and is "https://orders.example/a" with more',
    ],
    [
      'has a fragment',
      'https://orders.example#',
      'must be without a query and a fragment, to which paths would be added, and is "https://orders.example/" with more',
    ],
  ])('is refused where it %s', (_, baseURL, problem) => {
    expect(problemsOfOrders({ baseURL })).toEqual([`services.orders.baseURL ${problem}`]);
  });

  it.each(['http://localhost:3000/api', 'http://[::1]:3000', 'HTTPS://ORDERS.example/v1/'])(
    'may be %s',
    (baseURL) => {
      expect(problemsOfOrders({ baseURL })).toEqual([]);
    },
  );
});

it.each<[object, string]>([
  [{ scopes: [] }, 'scopes must be a scope, or a list of scopes, and is an empty list'],
  [{ scopes: ['a', ''] }, 'scopes[1] must be a scope, or a list of scopes, and is an empty string'],
  [
    { credential: true },
    'credential must be false, or be left out: another one is made in code, and is true',
  ],
  [
    { credential: {} },
    'credential must be false, or be left out: another one is made in code, and is an object',
  ],
  [{ profile: 'bach' }, 'profile must be "interactive" or "batch", and is "bach"'],
  [
    { deadlineMs: '5000' },
    'deadlineMs must be a number of milliseconds above 0, up to 2147483647, or false, and is a string',
  ],
  [
    { deadlineMs: 2 ** 31 },
    'deadlineMs must be a number of milliseconds above 0, up to 2147483647, or false, and is 2147483648',
  ],
  [{ retry: true }, 'retry must be an object of options, or false, and is true'],
  [{ retry: { budget: false } }, 'retry.budget must be an object of options, and is false'],
  [
    { retry: { retryDelay: 5 } },
    'retry.retryDelay is no option; there are retries, shouldResetTimeout, retryOpenCircuit, baseDelayMs, maxDelayMs, budget, idempotencyHeader',
  ],
  [
    { throttleGate: { max_waiters: 5 } },
    'throttleGate.max_waiters is no option: "maxWaiters" is; there are maxClosedMs, maxWaiters, rampMs, probeTimeoutMs, mode, pace',
  ],
  [
    { origins: ['https://files.example/a'] },
    'origins[0] must be an origin such as "https://files.example", by https or on loopback, and is "https://files.example/a"',
  ],
  [
    { sensitiveHeaders: ['x-key', 'x key'] },
    'sensitiveHeaders[1] must be the name of a header, and is a string',
  ],
  [
    { axios: { httpAgent: {} } },
    'axios.httpAgent is no option; there are headers, maxRedirects, maxContentLength, maxBodyLength',
  ],
  [
    { axios: { headers: { 'x-key': 12345 } } },
    'axios.headers.x-key must be a text that a header can hold, without line breaks and characters beyond Latin-1, and is a number',
  ],
  [
    { axios: { headers: { 'x-key': 'pa55\nx-other: 1' } } },
    'axios.headers.x-key must be a text that a header can hold, without line breaks and characters beyond Latin-1, and is a string',
  ],
  [
    { axios: { headers: ['x-key'] } },
    'axios.headers must be an object of headers, each a text, and is a list',
  ],
  [{ tenantId: null }, 'tenantId must be a tenant, and is null'],
  [
    { circuitBreaker: { probes: 1, probesToClose: 2 } },
    'is refused: circuitBreaker(): the option "probesToClose" must be at most "probes" (1), and is 2',
  ],
])('%j is refused with its place, its value and what is allowed', (changes, problem) => {
  const place = problem.startsWith('is refused') ? 'services.orders ' : 'services.orders.';
  expect(problemsOfOrders(changes)).toEqual([place + problem]);
});
