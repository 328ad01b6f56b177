import { descriptionOf } from '@holdfast/core';
import { RetryBudget, retry, type RetryBudgetOptions, type RetryOptions } from './index.js';

describe('retry()', () => {
  it.each<[RetryOptions | object, string]>([
    [{ retries: -1 }, 'retry(): the option "retries" must be a whole number, 0 or more, and is -1'],
    [{ retires: 1 }, 'retry(): there is no option "retires"'],
    [{ budget: {} }, 'retry(): the option "budget" must be'],
    [{ retryCondition: 1 }, 'retry(): the option "retryCondition" must be a function, and is 1'],
    [{ retryDelay: 100 }, 'retry(): the option "retryDelay" must be a function, and is 100'],
    [{ shouldResetTimeout: 0 }, 'retry(): the option "shouldResetTimeout" must be true or false, and is 0'],
    [{ retryOpenCircuit: 1 }, 'retry(): the option "retryOpenCircuit" must be true or false, and is 1'],
    [{ onRetry: 1 }, 'retry(): the option "onRetry" must be a function'],
    [{ onMaxRetryTimesExceeded: 1 }, 'retry(): the option "onMaxRetryTimesExceeded" must be a function'],
    [{ validateResponse: 1 }, 'retry(): the option "validateResponse" must be a function, or null'],
    [{ idempotencyHeader: 'a b' }, 'retry(): the option "idempotencyHeader" must be the name of a header'],
    [{ idempotencyHeader: '' }, 'retry(): the option "idempotencyHeader" must be the name of a header'],
  ])('refuses %j at construction', (options, message) => {
    expect(() => retry(options)).toThrow(message);
  });
});

describe('RetryBudget()', () => {
  it.each<[RetryBudgetOptions | object, string]>([
    [{ mode: 'off' }, 'RetryBudget(): the option "mode" must be "enforce" or "observe", and is "off"'],
    [{ ratio: 2 }, 'RetryBudget(): the option "ratio" must be a number from 0 to 1, and is 2'],
    [{ minPerSecond: -1 }, 'RetryBudget(): the option "minPerSecond" must be'],
  ])('refuses %j at construction', (options, message) => {
    expect(() => new RetryBudget(options)).toThrow(message);
  });

  it('refuses unless it is told to observe', () => {
    expect(new RetryBudget().mode).toBe('enforce');
  });

  it('is called what its owner calls it where a client is explained', () => {
    expect(descriptionOf(new RetryBudget())?.name).toBe('RetryBudget');
  });
});
