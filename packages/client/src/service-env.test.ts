import { ServicesError, servicesFrom, type ServicesFromOptions } from './index.js';

type Env = NonNullable<ServicesFromOptions['env']>;

const orders = { baseURL: 'https://orders.example', scopes: 'api://orders/.default' };

function problemsOf(services: object, env?: Env): readonly string[] {
  try {
    servicesFrom({ services }, env && { env });
  } catch (error) {
    if (error instanceof ServicesError)
      return error.problems.map(({ place, problem }) => `${place} ${problem}`);
    throw error;
  }
  return [];
}

/** What comes of options of orders, and of these variables. */
const read = (options: object, env: Env) =>
  servicesFrom({ services: { orders: { ...orders, ...options } } }, { env, names: ['orders'] }).orders;
const problemsWith = (options: object, env?: Env) => problemsOf({ orders: { ...orders, ...options } }, env);

describe('${VAR} in a configuration', () => {
  it('is what the variable says, wherever a text stands', () => {
    const env = { HOST: 'eu.orders.example', KEY: 'a-key', TENANT: 'contoso', SCOPE: 'api://orders/read' };
    expect(
      read(
        {
          baseURL: 'https://${HOST}/v1',
          tenantId: '${TENANT}',
          scopes: ['${SCOPE}', 'api://${TENANT}/write'],
          axios: { headers: { 'x-key': '${KEY}' } },
        },
        env,
      ),
    ).toEqual({
      baseURL: 'https://eu.orders.example/v1',
      tenantId: 'contoso',
      scopes: ['api://orders/read', 'api://contoso/write'],
      axios: { headers: { 'x-key': 'a-key' } },
    });
  });

  it('as a whole stands for a number, true, false or a list', () => {
    const env = { DEADLINE: '5000', RATIO: '0.25', OFF: 'false', ON: 'true', SCOPES: 'a, b' };
    expect(
      read(
        {
          deadlineMs: '${DEADLINE}',
          stallMs: '${OFF}',
          scopes: '${SCOPES}',
          circuitBreaker: { failureRatio: '${RATIO}' },
          throttleGate: { pace: '${ON}' },
          claimsChallenge: '${OFF}',
        },
        env,
      ),
    ).toEqual({
      ...orders,
      deadlineMs: 5_000,
      stallMs: false,
      scopes: ['a', 'b'],
      circuitBreaker: { failureRatio: 0.25 },
      throttleGate: { pace: true },
      claimsChallenge: false,
    });
  });

  it.each(['1e3', '0x10', '5s', ' 5', '5 ', '05', '+5', '5_000', 'FALSE', 'no', 'Infinity', '9'.repeat(400)])(
    'that says %j is no number of milliseconds, nor false',
    (text) => {
      expect(problemsWith({ deadlineMs: '${D}' }, { D: text })).toEqual([
        'services.orders.deadlineMs must be a number of milliseconds above 0, up to 2147483647, or false, and is something else by D',
      ]);
    },
  );

  it('makes no number of a text beside other text', () => {
    expect(problemsWith({ deadlineMs: '${D}000' }, { D: '5' })).toHaveLength(1);
  });

  it('falls back to what stands behind ":-", also where the variable is empty', () => {
    expect(read({ deadlineMs: '${D:-700}', tenantId: 'a${T:-b c}' }, { D: '' })).toMatchObject({
      deadlineMs: 700,
      tenantId: 'ab c',
    });
    expect(read({ tenantId: '${T:-fallback}' }, { T: 'contoso' }).tenantId).toBe('contoso');
  });

  it('that is not set, or empty, is told with its place and its name', () => {
    expect(
      problemsWith({ tenantId: '${TENANT}', axios: { headers: { 'x-key': '${KEY}' } } }, { KEY: '' }),
    ).toEqual([
      'services.orders.tenantId names the variable TENANT, which is not set',
      'services.orders.axios.headers.x-key names the variable KEY, which is not set',
    ]);
    expect(problemsWith({ tenantId: '${constructor}' }, {})).toEqual([
      'services.orders.tenantId names the variable constructor, which is not set',
    ]);
  });

  it('is refused where no env was given: nothing is read from the process behind its back', () => {
    process.env['HOLDFAST_ORDERS_TENANT_ID'] = 'fabrikam';
    try {
      expect(problemsWith({ deadlineMs: '${PATH}' })).toEqual([
        'services.orders.deadlineMs names the variable PATH, and no env was given: servicesFrom(json, { env: process.env })',
      ]);
      expect(servicesFrom({ services: { orders } })).toEqual({ orders });
    } finally {
      delete process.env['HOLDFAST_ORDERS_TENANT_ID'];
    }
  });

  it('is read once: what a variable says is no configuration', () => {
    expect(read({ tenantId: '${A}' }, { A: '${B}', B: 'b' }).tenantId).toBe('${B}');
  });

  it('is written as $${VAR} where the characters themselves are meant, and refused where it is neither', () => {
    expect(read({ tenantId: 'a$${B}$' }, {}).tenantId).toBe('a${B}$');
    for (const tenantId of ['${', '${B', '${}', '${1}', '${B-c}', '${ B }'])
      expect(problemsWith({ tenantId }, { B: 'b' })).toEqual([
        'services.orders.tenantId has a ${ that is neither ${NAME} nor ${NAME:-default}; for the characters themselves write $${',
      ]);
  });
});

describe('HOLDFAST_<SERVICE>_<OPTION>', () => {
  it('goes before what the configuration says, in groups option by option', () => {
    const env = {
      HOLDFAST_ORDERS_BASE_URL: 'https://eu.orders.example',
      HOLDFAST_ORDERS_DEADLINE_MS: '5000',
      HOLDFAST_ORDERS_SCOPES: 'a,b',
      HOLDFAST_ORDERS_CIRCUIT_BREAKER_WINDOW_MS: '30000',
      HOLDFAST_ORDERS_RETRY: 'false',
      HOLDFAST_ORDERS_THROTTLE_GATE_PACE: 'true',
      HOLDFAST_ORDERS_CORRELATION_HEADER: 'x-request-id',
      HOLDFAST_ORDERS_TENANT_ID: '',
    };
    expect(
      read(
        {
          deadlineMs: 1,
          retry: { retries: 2 },
          circuitBreaker: { windowMs: 1, probes: 3 },
          throttleGate: false,
          tenantId: 'contoso',
        },
        env,
      ),
    ).toEqual({
      baseURL: 'https://eu.orders.example',
      scopes: ['a', 'b'],
      deadlineMs: 5_000,
      retry: false,
      circuitBreaker: { windowMs: 30_000, probes: 3 },
      throttleGate: { pace: true },
      correlation: { header: 'x-request-id' },
      tenantId: 'contoso',
    });
  });

  it('supplies what the configuration leaves out, and sizes a budget', () => {
    const env = {
      HOLDFAST_ORDER_LINES_BASE_URL: 'https://lines.example',
      HOLDFAST_ORDER_LINES_CREDENTIAL: 'false',
      HOLDFAST_ORDER_LINES_RETRY_BUDGET_MIN_PER_SECOND: '0',
      HOLDFAST_ORDER_LINES_RETRY_BUDGET_RATIO: '0.5',
    };
    for (const name of ['orderLines', 'order-lines', 'order_lines', 'Order-lines_']) {
      const services = servicesFrom({ services: { [name]: {} } }, { env });
      const { retry } = services[name]!;
      const budget = retry === false ? undefined : retry?.budget;
      expect(services[name]).toMatchObject({ baseURL: 'https://lines.example', credential: false });
      budget?.observe(0);
      expect([budget?.spend(0.5, 0), budget?.spend(0.5, 0)]).toEqual([true, false]);
    }
  });

  it('reaches the service with the longest name that fits', () => {
    const services = { orders, 'orders-eu': orders, 'orders-retry': orders };
    const env = {
      HOLDFAST_ORDERS_EU_DEADLINE_MS: '1',
      HOLDFAST_ORDERS_DEADLINE_MS: '2',
      HOLDFAST_ORDERS_RETRY_DEADLINE_MS: '3',
      // No option of "orders-retry", and one of "orders".
      HOLDFAST_ORDERS_RETRY_RETRIES: '4',
    };
    expect(servicesFrom({ services }, { env })).toMatchObject({
      orders: { deadlineMs: 2, retry: { retries: 4 } },
      'orders-eu': { deadlineMs: 1 },
      'orders-retry': { deadlineMs: 3 },
    });
  });

  it('with a slip of the pen is told for the service with the longest name that fits', () => {
    expect(problemsOf({ orders, 'orders-eu': orders }, { HOLDFAST_ORDERS_EU_DEADLINE: '1' })).toEqual([
      'HOLDFAST_ORDERS_EU_DEADLINE names no option of the service "orders-eu"; there are DEADLINE_MS',
    ]);
  });

  it.each<[string, string]>([
    ['HOLDFAST_ORDERS_DEADLINE', 'names no option of the service "orders"; there are DEADLINE_MS'],
    [
      'HOLDFAST_ORDERS_AGENTS',
      'names no option of the service "orders"; there are BASE_URL, CREDENTIAL, SCOPES, TENANT_ID, ORIGINS, SENSITIVE_HEADERS, INHERIT_CREDENTIAL, PROFILE, DEADLINE_MS, ATTEMPT_TIMEOUT_MS, STALL_MS, CORRELATION, RETRY, THROTTLE_GATE, CIRCUIT_BREAKER, CLAIMS_CHALLENGE, AGENT',
    ],
    [
      'HOLDFAST_ORDERS_AXIOS_HEADERS',
      'names no option of the service "orders"; there are AXIOS_MAX_REDIRECTS, AXIOS_MAX_CONTENT_LENGTH, AXIOS_MAX_BODY_LENGTH',
    ],
    [
      'HOLDFAST_ORDRES_DEADLINE_MS',
      'names no service; there are HOLDFAST_ORDERS_…. If it is meant for another configuration, hand in an env without it',
    ],
    [
      'HOLDFAST_orders_deadline_ms',
      'names no service; there are HOLDFAST_ORDERS_…. If it is meant for another configuration, hand in an env without it',
    ],
  ])('with a slip of the pen is refused, and not lost: %s', (variable, problem) => {
    expect(problemsWith({}, { [variable]: '5000' })).toEqual([`${variable} ${problem}`]);
  });

  it('leaves variables alone that are for somebody else', () => {
    const env = {
      HOLDFAST_RUNS: '30000',
      HOLDFAST_: 'x',
      HOLDFAST_LOG_LEVEL: 'debug',
      ORDERS_DEADLINE_MS: '5',
    };
    expect(read({}, env)).toEqual(orders);
  });

  it('that switches off what another one sets is refused', () => {
    expect(
      problemsWith({}, { HOLDFAST_ORDERS_RETRY: 'false', HOLDFAST_ORDERS_RETRY_BUDGET_RATIO: '0.2' }),
    ).toEqual([
      'HOLDFAST_ORDERS_RETRY_BUDGET_RATIO sets "retry.budget.ratio", which HOLDFAST_ORDERS_RETRY switches off',
    ]);
  });

  it.each<[string, string, string]>([
    [
      'DEADLINE_MS',
      '5s',
      'must be a number of milliseconds above 0, up to 2147483647, or false, and says something else',
    ],
    ['RETRY', 'true', 'must be false, or be left out: each of the options has a variable of its own'],
    ['RETRY_RETRIES', '-1', 'must be a whole number, 0 or more, and says something else'],
    ['PROFILE', 'bach', 'must be "interactive" or "batch", and says something else'],
    ['SCOPES', 'a,,b', 'must be a scope, or a list of scopes, and says something else'],
    [
      'CREDENTIAL',
      'hunter',
      'must be false, or be left out: another one is made in code, and says something else',
    ],
  ])('_%s=%s is refused by its name, and what it says is not shown', (option, value, problem) => {
    const variable = `HOLDFAST_ORDERS_${option}`;
    expect(problemsWith({}, { [variable]: value })).toEqual([`${variable} ${problem}`]);
  });
});
