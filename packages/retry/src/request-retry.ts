import { accepted, count, flag, readOptions, type Option } from '@holdfast/core';
import type { AxiosError, AxiosRequestConfig, AxiosResponse, InternalAxiosRequestConfig } from 'axios';

/** What axios-retry lets one say, of all requests of a client or of a single one. Our own rules hold around it. */
export interface RequestRetryOptions {
  /** Attempts after the first. Default: 3. More seldom help, and each one costs a failing service another request. */
  readonly retries?: number;
  /**
   * Which failures are worth another attempt, in place of the outcome table; a promise may say it. Default: that table. Too
   * generous, and a service is asked again for what it has refused. What it throws means no. It is not asked where something
   * else speaks against it: a method that may have been acted on and has no key, a body that is gone, a certificate, a size
   * limit, a cancellation, a refusal.
   */
  readonly retryCondition?: (error: AxiosError) => boolean | Promise<boolean>;
  /**
   * Milliseconds to wait, in place of our backoff, never of what the service has named: that is the least, and where a gate
   * stands it is waited for there. Default: full jitter. The same for every caller, and all of them come back at one instant.
   * What is no number, negative or infinite is not taken.
   */
  readonly retryDelay?: (retryCount: number, error: AxiosError) => number;
  /**
   * Whether the request's axios `timeout` begins anew with each attempt. With `false` it is for all attempts and waits
   * together. Default: true. With `false` and a short one, no retry ever fits.
   */
  readonly shouldResetTimeout?: boolean;
  /**
   * Told before the wait for a retry, and awaited; it may change the request. Default: nobody. Slow, and it adds to each wait.
   * What it throws changes nothing.
   */
  readonly onRetry?: (
    retryCount: number,
    error: AxiosError,
    config: AxiosRequestConfig,
  ) => void | Promise<void>;
  /**
   * Told when the last retry has failed as well, and awaited. Default: nobody. Slow, and the caller waits for his error. What
   * it throws changes nothing.
   */
  readonly onMaxRetryTimesExceeded?: (error: AxiosError, retryCount: number) => void | Promise<void>;
  /**
   * Whether an answer is a success, whatever its status and `validateStatus` say. Default: the status says it. `false` makes a
   * failure of a 200, which is retried like one of the service; wrong, and each call is sent four times.
   */
  readonly validateResponse?: ((response: AxiosResponse) => boolean) | null;
  /**
   * Whether a call that an open circuit refuses waits for it, when that fits the deadline: for what the breaker says, and a
   * little longer by chance, never less. It counts as a retry, and costs nothing of the budget, since nothing was sent. Default:
   * false. With `true` an outage holds calls and their callers in memory instead of telling them at once; without a deadline,
   * for as long as the circuit is open.
   */
  readonly retryOpenCircuit?: boolean;
}

/** The options that hold for one call, complete. */
export interface RequestRules {
  readonly retries: number;
  readonly shouldResetTimeout: boolean;
  readonly retryOpenCircuit: boolean;
  readonly retryCondition: RequestRetryOptions['retryCondition'];
  readonly retryDelay: RequestRetryOptions['retryDelay'];
  readonly onRetry: RequestRetryOptions['onRetry'];
  readonly onMaxRetryTimesExceeded: RequestRetryOptions['onMaxRetryTimesExceeded'];
  readonly validateResponse: RequestRetryOptions['validateResponse'];
}

type Options<Names extends keyof RequestRules> = { readonly [Name in Names]: Option<RequestRules[Name]> };

const isFunction = (value: unknown): boolean => typeof value === 'function';
const unless = <T>(accepts: (value: unknown) => boolean, allowed: string) =>
  accepted<T | undefined>(accepts, allowed, undefined);

const callbacks: Options<Exclude<keyof RequestRules, 'retries' | 'shouldResetTimeout' | 'retryOpenCircuit'>> =
  {
    retryCondition: unless(isFunction, 'a function'),
    retryDelay: unless(isFunction, 'a function'),
    onRetry: unless(isFunction, 'a function'),
    onMaxRetryTimesExceeded: unless(isFunction, 'a function'),
    validateResponse: unless((value) => value === null || isFunction(value), 'a function, or null'),
  };

/** What a factory makes of them. */
export const retrySchemas: Options<keyof RequestRules> = {
  ...callbacks,
  retries: count(3),
  shouldResetTimeout: flag(true),
  retryOpenCircuit: flag(false),
};

const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
// A request takes what it does not say from the factory, and not from the defaults.
const onRequest = {
  ...callbacks,
  retries: unless<number>(isCount, 'a whole number, 0 or more'),
  shouldResetTimeout: unless<boolean>(isFlag, 'true or false'),
  retryOpenCircuit: unless<boolean>(isFlag, 'true or false'),
};
/** axios-retry keeps its count there. */
const withState = { ...onRequest, retryCount: unless<unknown>(() => true, 'anything') };

/**
 * The rules for one call: the client's, and over them what its request says, under `axios-retry` and, before that, under
 * `holdfast.retry`. Nothing is left behind in either.
 *
 * @throws {TypeError} for a bad option, naming it and its place.
 */
export function rulesFor<Rules extends RequestRules>(
  config: InternalAxiosRequestConfig,
  usual: Rules,
): Rules {
  const ofAxiosRetry = config['axios-retry'];
  const ofHoldfast = config.holdfast?.retry;
  if (ofAxiosRetry === undefined && (ofHoldfast === undefined || ofHoldfast === false)) return usual;
  const rules = { ...usual };
  // What an axios-retry outside has put there is merged with its defaults, and it acts on that itself.
  if (ofAxiosRetry !== undefined && !comesFromAxiosRetry(config))
    Object.assign(rules, given(readOptions("config['axios-retry']: retry", withState, ofAxiosRetry)));
  if (ofHoldfast !== undefined && ofHoldfast !== false)
    Object.assign(rules, given(readOptions('holdfast: retry', onRequest, ofHoldfast)));
  return rules;
}

/** axios-retry leaves its state on each request; options that a caller has set there have no time in them. */
export function comesFromAxiosRetry(config: InternalAxiosRequestConfig): boolean {
  return config['axios-retry']?.lastRequestTime !== undefined;
}

function given(options: object): object {
  const entries = Object.entries(options);
  return Object.fromEntries(entries.filter(([name, value]) => name in onRequest && value !== undefined));
}
