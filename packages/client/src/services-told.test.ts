import { ServicesError, servicesFrom, type ServicesFromOptions } from './index.js';

const orders = { baseURL: 'https://orders.example', scopes: 'api://orders/.default' };

function refusalOf(json: object, options: ServicesFromOptions = {}): ServicesError | undefined {
  try {
    servicesFrom(json, options);
    return undefined;
  } catch (error) {
    if (error instanceof ServicesError) return error;
    throw error;
  }
}

const linesOf = (json: object, options?: ServicesFromOptions) =>
  (refusalOf(json, options)?.problems ?? []).map(({ place, problem }) => `${place} ${problem}`);
const linesOfOrders = (changes: object, options?: ServicesFromOptions) =>
  linesOf({ services: { orders: { ...orders, ...changes } } }, options);
const placesOfOrders = (changes: object, options?: ServicesFromOptions) =>
  linesOfOrders(changes, options).map((line) => line.split(/ (?:is|names|must) /)[0]);

describe('a configuration that is refused', () => {
  it('says how much is wrong with it, by a name of its own', () => {
    const one = refusalOf({ services: { orders: { ...orders, deadlineMs: 0 } } });
    expect(one?.name).toBe('ServicesError');
    expect(one?.message.split('\n')[0]).toBe('servicesFrom(): 1 problem');
    const two = refusalOf({ services: { orders: { ...orders, deadlineMs: 0, stallMs: 0 } } });
    expect(two?.message.split('\n')[0]).toBe('servicesFrom(): 2 problems');
  });

  it.each([50, 51])('has the first fifty lines of %d in its message, and says how many are left', (count) => {
    const bad = Object.fromEntries(Array.from({ length: count }, (_, at) => [`option${at}`, 1]));
    const lines = refusalOf({ services: { orders: { ...orders, ...bad } } })?.message.split('\n') ?? [];
    expect(lines.slice(51)).toEqual(count === 50 ? [] : ['  and 1 more']);
  });

  it.each([
    ['DeadlineMs', 'services.orders.DeadlineMs'],
    ['deadline-ms', 'services.orders.deadline-ms'],
    ['deadline ms', 'services.orders["deadline ms"]'],
    ['0deadline', 'services.orders["0deadline"]'],
    ['x'.repeat(300), `services.orders["${'x'.repeat(100)}"]`],
  ])('names the place of the key %s so that it can be found', (key, place) => {
    expect(placesOfOrders({ [key]: 5 })).toEqual([place]);
  });

  it.each<[object, string]>([
    [
      { deadlineMs: 0 },
      'deadlineMs must be a number of milliseconds above 0, up to 2147483647, or false, and is 0',
    ],
    [
      { agent: { idleMs: 0 } },
      'agent.idleMs must be a number of milliseconds above 0, up to 2147483647, and is 0',
    ],
    [
      { retry: { baseDelayMs: -1 } },
      'retry.baseDelayMs must be a number of milliseconds, 0 or more, and is -1',
    ],
    [
      { circuitBreaker: { failureRatio: 2 } },
      'circuitBreaker.failureRatio must be a number from 0 to 1, and is 2',
    ],
    [{ circuitBreaker: { probes: 0 } }, 'circuitBreaker.probes must be a whole number, 1 or more, and is 0'],
    [{ inheritCredential: 1 }, 'inheritCredential must be true or false, and is 1'],
    [{ profile: 'fast' }, 'profile must be "interactive" or "batch", and is "fast"'],
  ])('says what is allowed: %j', (changes, line) => {
    expect(linesOfOrders(changes)).toEqual([`services.orders.${line}`]);
  });

  it.each(['ada@', ':pa55@', 'ada:pa55@'])(
    'sends nobody to a base URL with %s, which takes the place of the token',
    (user) => {
      expect(linesOfOrders({ baseURL: `https://${user}orders.example` })).toEqual([
        'services.orders.baseURL must be without a user name and a password, which axios would send in place of the token, and is a string',
      ]);
    },
  );

  it('tells what is wrong with the defaults once, and nothing of the services that go by them', () => {
    const services = { orders, stock: { ...orders } };
    expect(linesOf({ defaults: { retry: { retries: -1 } }, services })).toEqual([
      'defaults.retry.retries must be a whole number, 0 or more, and is -1',
    ]);
    expect(linesOf({ defaults: 7, services: { orders: {} } })).toEqual([
      'defaults must be an object of options, and is 7',
    ]);
  });
});

it('a configuration may name its schema, by a text', () => {
  const services = { orders };
  expect(linesOf({ $schema: './services.schema.json', services })).toEqual([]);
  expect(linesOf({ $schema: 7, services })).toEqual(['$schema must be a text']);
});

describe('a variable', () => {
  it('that only has the words of one in it belongs to somebody else', () => {
    const env = {
      MY_HOLDFAST_ORDERS_DEADLINE_MS: '5s',
      XHOLDFAST_ORDERS_DEADLINE_MS: '5s',
      HOLDFAST_OTHER_DEADLINE_MS_FILE: '/run/deadline',
    };
    expect(linesOfOrders({}, { env })).toEqual([]);
  });

  it('that is wrong is told in the order of the alphabet', () => {
    const env = {
      HOLDFAST_ORDERS_STALL_MS: '0',
      HOLDFAST_ORDERS_AGENT_IDLE_MS: '0',
      HOLDFAST_ORDERS_DEADLINE_MS: '0',
    };
    expect(placesOfOrders({}, { env })).toEqual([
      'HOLDFAST_ORDERS_AGENT_IDLE_MS',
      'HOLDFAST_ORDERS_DEADLINE_MS',
      'HOLDFAST_ORDERS_STALL_MS',
    ]);
  });

  it('in small letters is told the options of the group that is meant', () => {
    const [line] = linesOfOrders({}, { env: { HOLDFAST_ORDERS_retry_retries: '5' } });
    expect(line).toContain('names no option of the service "orders"; there are RETRY, RETRY_RETRIES,');
    expect(line).not.toContain('DEADLINE_MS');
  });
});
