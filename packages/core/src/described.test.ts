import axios from 'axios';
import {
  compose,
  count,
  described,
  descriptionOf,
  func,
  install,
  interceptorsOn,
  quotable,
  readOptions,
  required,
  type Interceptor,
} from './index.js';

const schemas = {
  retries: count(3),
  onRetry: func<() => void>(() => undefined),
  scope: quotable(required<string>((value) => typeof value === 'string', 'a scope')),
};

const passing = (): Interceptor => (next) => next;
const made = (options: object) => described(passing(), 'retry', readOptions('retry', schemas, options));
const optionsOf = (subject: unknown) =>
  Object.fromEntries((descriptionOf(subject)?.options ?? []).map(({ name, ...rest }) => [name, rest]));

describe('an interceptor that says what it was made with', () => {
  it('tells each option, and which of them nobody has given', () => {
    const interceptor = made({ retries: 5, scope: 'orders' });
    expect(descriptionOf(interceptor)?.name).toBe('retry');
    expect(optionsOf(interceptor)).toEqual({
      retries: { value: 5, isDefault: false, isQuotable: false },
      onRetry: { value: expect.any(Function) as unknown, isDefault: true, isQuotable: false },
      scope: { value: 'orders', isDefault: false, isQuotable: true },
    });
  });

  it('is asked for one of them by its name, and knows none that it does not have', () => {
    const description = descriptionOf(made({ retries: 5, scope: 'orders' }));
    expect(description?.option('retries')).toMatchObject({ name: 'retries', value: 5 });
    expect(description?.option('toString')).toBeUndefined();
  });

  it('takes a value that is given as what it is by default for a default', () => {
    expect(optionsOf(made({ retries: 3, scope: '' }))['retries']?.isDefault).toBe(true);
    expect(optionsOf(made({ retries: undefined, scope: '' }))['retries']?.isDefault).toBe(true);
    expect(optionsOf(made({ onRetry: () => undefined, scope: '' }))['onRetry']?.isDefault).toBe(false);
  });

  it('is the same interceptor, and tells all that it was made of', () => {
    const interceptor = passing();
    const read = readOptions('retry', schemas, { scope: 'orders' });
    expect(described(interceptor, 'retry', { respond: undefined, other: 'x' }, read)).toBe(interceptor);
    expect(Object.keys(optionsOf(interceptor))).toEqual(['respond', 'other', 'retries', 'onRetry', 'scope']);
    expect(optionsOf(interceptor)).toMatchObject({
      respond: { isDefault: true, isQuotable: false },
      other: { isDefault: false, isQuotable: false },
    });
  });

  it('does not show how its options were read to those who look at them', () => {
    const read = readOptions('retry', schemas, { scope: 'orders' });
    expect(Reflect.ownKeys(read)).toEqual(['retries', 'onRetry', 'scope']);
    expect(optionsOf(described(passing(), 'copied', { ...read }))['retries']).toMatchObject({
      isDefault: false,
    });
  });

  it('is known to a second copy of this package', async () => {
    const interceptor = made({ scope: 'orders' });
    await jest.isolateModulesAsync(async () => {
      const copy = await import('./described.js');
      expect(copy.descriptionOf).not.toBe(descriptionOf);
      expect(copy.descriptionOf(interceptor)?.name).toBe('retry');
      expect(copy.descriptionOf(interceptor)?.options).toEqual(descriptionOf(interceptor)?.options);
    });
  });

  it.each([undefined, null, 7, 'retry', {}, passing()])('says nothing of %p', (subject) => {
    expect(descriptionOf(subject)).toBeUndefined();
  });
});

describe('the pipeline of a client', () => {
  it('is what was installed, in order, until it is taken off', () => {
    const client = axios.create();
    expect(interceptorsOn(client)).toBeUndefined();
    const interceptors = [passing(), compose(passing(), passing())];
    const installation = install(client, interceptors);
    expect(interceptorsOn(client)).toBe(interceptors);
    installation.replace([]);
    expect(interceptorsOn(client)).toEqual([]);
    installation.eject();
    expect(interceptorsOn(client)).toBeUndefined();
  });
});
