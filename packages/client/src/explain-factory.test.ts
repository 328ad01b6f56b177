import { manualClock, staticCredential } from '@holdfast/testing';
import { Breakers, createClientFactory, explain, type ServiceOptions } from './index.js';

const orders = { baseURL: 'https://orders.test', scopes: 'api://orders/.default' };

function told(own: Partial<ServiceOptions> = {}, others: { readonly breakers?: Breakers } = {}) {
  const clients = createClientFactory({
    credential: staticCredential(),
    services: { orders: { ...orders, ...own } },
    ...others,
  });
  return explain(clients.orders).toJSON();
}

describe('an explanation of a client that a factory made', () => {
  it('calls nothing given that its user did not give', () => {
    const given = told().interceptors.flatMap(({ name, options }) =>
      Object.entries(options)
        .filter(([, option]) => !option.default && option.from === undefined)
        .map(([option]) => `${name}.${option}`),
    );
    expect(given).toEqual(['nameCalls.name', 'attachToken.credential', 'attachToken.scopes']);
  });

  it('tells what the factory put there for its own: clock, circuits, closed gates, and who refuses', () => {
    const { interceptors } = told({}, { breakers: new Breakers() });
    const options = (name: string) => interceptors.find((one) => one.name === name)?.options;
    const byFactory = { default: false, from: 'createClientFactory' };
    for (const name of [
      'deadline',
      'retry',
      'throttleGate',
      'circuitBreaker',
      'attachToken',
      'attemptTimeout',
    ])
      expect(options(name)).toMatchObject({ clock: byFactory });
    expect(options('circuitBreaker')).toMatchObject({ breakers: { value: '[Breakers]', ...byFactory } });
    expect(options('throttleGate')).toMatchObject({ store: { value: '[Closures]', ...byFactory } });
    expect(interceptors.map(({ name, place }) => place ?? name).slice(0, 4)).toEqual([
      'nameCalls',
      'correlate',
      'refuseWhenClosed',
      'fallback',
    ]);
  });

  it('tells what its user gave in their place as given', () => {
    const store = new Map<string, never>();
    const breakers = new Breakers();
    const clock = manualClock({ fakeGlobals: false });
    const { interceptors } = told({
      throttleGate: { store },
      circuitBreaker: { breakers },
      retry: { clock },
    });
    const option = (name: string, key: string) => interceptors.find((one) => one.name === name)?.options[key];
    expect(option('throttleGate', 'store')).toEqual({ value: '[Map]', default: false });
    expect(option('circuitBreaker', 'breakers')).toEqual({ value: '[Breakers]', default: false });
    expect(option('retry', 'clock')).not.toHaveProperty('from');
    clock.uninstall();
  });
});
