import {
  cleanMessage,
  descriptionOf,
  interceptorsOn,
  type DescribedOption,
  type Installation,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosInstance } from 'axios';
import { arrangementOf, isOverruled, limitOn, sourceOf } from './explain-sources.js';
import type { ExplainedInterceptor, ExplainedOption, ExplanationJson } from './explain-json.js';
import { printExplanation } from './explain-text.js';
import { explainTransport } from './explain-transport.js';
import { nameOf, shownBaseUrl, shownValue } from './explain-value.js';

/** What {@link explain} returns: a table for a log, or JSON. Neither holds a secret. */
export class Explanation {
  readonly #told: ExplanationJson;

  static {
    // Here, and not as a method: a declaration file cannot name the symbol.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Explanation): string {
        return this.toString();
      },
    });
  }

  constructor(told: ExplanationJson) {
    this.#told = told;
  }

  toJSON(): ExplanationJson {
    return this.#told;
  }

  toString(): string {
    return printExplanation(this.#told);
  }
}

/**
 * What holds for the calls of a client: each interceptor in order, each of its options with its value and whether that is the
 * default, and what sends the requests. No secret is in it, so that it may stand in a log.
 *
 * @throws {TypeError} for a client without a pipeline, and for what is no client.
 */
export function explain(subject: AxiosInstance | Installation | readonly Interceptor[]): Explanation {
  const client = isClient(subject) ? subject : undefined;
  const interceptors = interceptorsIn(subject);
  const arrangement = arrangementOf(interceptors);
  return new Explanation({
    version: 1,
    service: serviceIn(interceptors),
    baseURL: shownBaseUrl(client?.defaults.baseURL),
    profile: arrangement?.profile ?? null,
    classify: interceptors.some((one) => descriptionOf(one)?.name === 'classify'),
    interceptors: interceptors.map((one, at) => explainInterceptor(one, arrangement?.places[at])),
    transport: client === undefined ? null : explainTransport(client),
  });
}

function interceptorsIn(subject: unknown): readonly unknown[] {
  if (Array.isArray(subject)) return subject;
  if (isClient(subject)) {
    const interceptors = interceptorsOn(subject);
    if (interceptors !== undefined) return interceptors;
    throw new TypeError(
      'explain(): this client has no pipeline: install() one, or use createServiceClient()',
    );
  }
  const { interceptors } = Object(subject) as { readonly interceptors?: unknown };
  if (Array.isArray(interceptors)) return interceptors;
  throw new TypeError(
    'explain(): there must be a client with a pipeline, what install() has returned, or a list of interceptors',
  );
}

function isClient(subject: unknown): subject is AxiosInstance {
  if (typeof subject !== 'function' && (typeof subject !== 'object' || subject === null)) return false;
  const { defaults, interceptors } = subject as Partial<Record<keyof AxiosInstance, unknown>>;
  const isObject = (value: unknown) => typeof value === 'object' && value !== null;
  return isObject(defaults) && isObject(interceptors) && !Array.isArray(interceptors);
}

/** It stands in each error and event: nobody takes it for a secret. */
function serviceIn(interceptors: readonly unknown[]): string | null {
  const names = interceptors.map((one) => optionOf(one, 'nameCalls', 'name')?.value);
  // Of several the innermost counts.
  const service = names.findLast((name): name is string => typeof name === 'string');
  return service === undefined ? null : printed(service);
}

function printed(text: string): string {
  return JSON.stringify(cleanMessage(text)).slice(1, -1);
}

function optionOf(interceptor: unknown, factory: string, option: string): DescribedOption | undefined {
  const described = descriptionOf(interceptor);
  if (described?.name !== factory) return undefined;
  const found = described.option(option);
  return found?.value === undefined ? undefined : found;
}

function explainInterceptor(interceptor: unknown, place: string | undefined): ExplainedInterceptor {
  const described = descriptionOf(interceptor);
  const options = (described?.options ?? []).map((option) => {
    const isService = described?.name === 'nameCalls' && option.name === 'name';
    const explained = explainOption(interceptor as Interceptor, option);
    return [option.name, isService ? { ...explained, value: printed(String(option.value)) } : explained];
  });
  return {
    name: described?.name ?? titleOf(interceptor),
    ...(place !== undefined && { place }),
    options: Object.fromEntries(options) as Record<string, ExplainedOption>,
  };
}

function explainOption(
  interceptor: Interceptor,
  { name, value, isDefault, isQuotable }: DescribedOption,
): ExplainedOption {
  const limited = limitOn(interceptor, name);
  if (limited !== undefined) return { value: limited.value, default: true, from: limited.source };
  const from = sourceOf(interceptor, name);
  return {
    value: shownValue(value, isQuotable),
    default: isDefault && !isOverruled(interceptor, name),
    ...(from !== undefined && !isDefault && { from }),
  };
}

const UNNAMED = '(unnamed)';

/** A factory without a name often returns a function that has one. */
function titleOf(interceptor: unknown): string {
  const name = nameOf(interceptor);
  if (name !== undefined || typeof interceptor !== 'function') return name ?? UNNAMED;
  try {
    const adapter = (interceptor as Interceptor)(() =>
      Promise.reject(new TypeError('explain() sends nothing')),
    );
    return nameOf(adapter) ?? UNNAMED;
  } catch {
    return UNNAMED;
  }
}
