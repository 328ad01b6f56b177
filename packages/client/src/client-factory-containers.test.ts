import { staticCredential } from '@holdfast/testing';
import { inspect } from 'node:util';
import { Breakers, createClientFactory, type ServiceOptions } from './index.js';

const orders = { baseURL: 'https://orders.test', scopes: 'api://orders/.default' };

const factory = (services: Readonly<Record<string, ServiceOptions>> = { orders }) =>
  createClientFactory({ credential: staticCredential('a-secret-token'), services });

/** Whether a client of it was made. */
const used = (clients: ReturnType<typeof factory>) =>
  Object.values(clients.snapshot().services).filter((service) => service.used).length;

describe('a client factory in a DI container', () => {
  it.each([
    ...[
      'then',
      'catch',
      'finally',
      'toJSON',
      'asymmetricMatch',
      '$$typeof',
      'nodeType',
      'inspect',
      'tagName',
    ],
    ...['onModuleInit', 'onModuleDestroy', 'onApplicationBootstrap', 'onApplicationShutdown', 'ngOnDestroy'],
    ...['beforeApplicationShutdown', 'dispose', 'prototype', '@@__IMMUTABLE_ITERABLE__@@', '_isMockFunction'],
    ...[Symbol.iterator, Symbol.asyncIterator, Symbol.toPrimitive, Symbol.toStringTag, Symbol.dispose],
    ...[inspect.custom, Symbol.for('whatever')],
  ])('has nothing under the name that somebody looks for: %p', (name) => {
    expect(Reflect.get(factory(), name)).toBeUndefined();
  });

  it('can be awaited, which gives the factory itself, and handed through async providers', async () => {
    const clients = factory();
    const provided: unknown = await Promise.resolve(clients);
    expect(provided).toBe(clients);
    expect(used(clients)).toBe(0);
  });

  it.each<[string, (clients: ReturnType<typeof factory>) => unknown]>([
    ['prints it', (clients) => inspect(clients, { depth: Infinity, showHidden: true, showProxy: true })],
    ['logs it as JSON', (clients) => JSON.stringify({ clients })],
    ['spreads it', (clients) => ({ ...clients })],
    ['assigns it', (clients) => Object.assign({}, clients)],
    ['lists its keys', (clients) => Object.keys(clients)],
    ['walks it', (clients) => Object.entries(clients)],
    ['clones it', (clients) => structuredClone(clients)],
    ['makes a text of it', (clients) => Reflect.apply(String, undefined, [clients])],
    [
      'compares it',
      (clients) => {
        expect({ clients }).toEqual({ clients: factory() });
      },
    ],
    [
      'matches it',
      (clients) => {
        expect(clients).toMatchObject({});
      },
    ],
    ['freezes it', (clients) => Object.freeze(clients)],
    [
      'reads every descriptor',
      (clients) =>
        Object.getOwnPropertyNames(clients).map((name) => Object.getOwnPropertyDescriptor(clients, name)),
    ],
  ])('who %s makes no client, and sees no secret', (_, look) => {
    const clients = factory();
    const seen = look(clients);
    expect(used(clients)).toBe(0);
    expect(inspect(seen, { depth: Infinity, showHidden: true })).not.toContain('a-secret-token');
  });

  it('can be taken apart, and a test can put another client in the place of one', () => {
    const { orders: client } = factory();
    expect(typeof client?.get).toBe('function');
    const clients = factory();
    const other = { get: () => 'other' };
    jest.spyOn(clients as unknown as { orders: unknown }, 'orders', 'get').mockReturnValue(other);
    expect((clients as unknown as { orders: unknown }).orders).toBe(other);
    expect(used(clients)).toBe(0);
  });

  it.each([
    ...['snapshot', 'breakers', 'close', 'then', 'toJSON', 'constructor', '__proto__', 'prototype'],
    ...['onModuleInit', 'onModuleDestroy', 'onApplicationBootstrap', 'onApplicationShutdown', 'dispose'],
    ...['hasOwnProperty', 'toString', 'valueOf', 'inspect', 'nodeType', 'asymmetricMatch'],
  ])('says that a service cannot be called %p, whatever reads the name', (name) => {
    const services = JSON.parse(`{ ${JSON.stringify(name)}: {} }`) as Record<string, ServiceOptions>;
    expect(() => factory(services)).toThrow(
      `createClientFactory(): "${name}" cannot be the name of a service`,
    );
  });

  it.each([
    '',
    ' ',
    '7',
    '$$typeof',
    '@@iterator',
    '__esModule',
    '_isMockFunction',
    'order lines',
    'a.b',
    'é',
  ])('refuses %p as a name: it is nothing that one would write after a dot', (name) => {
    expect(() => factory({ [name]: orders })).toThrow(/must be a letter, and after it letters, digits/);
  });

  it('keeps its circuits where it was told, and has them as `breakers`', () => {
    const breakers = new Breakers();
    expect(createClientFactory({ credential: false, services: {}, breakers }).breakers).toBe(breakers);
    const defaults = { circuitBreaker: { breakers } };
    expect(createClientFactory({ credential: false, services: {}, defaults }).breakers).toBe(breakers);
    expect(factory().breakers).toBeInstanceOf(Breakers);
  });
});
