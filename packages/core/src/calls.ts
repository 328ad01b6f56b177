import type { InternalAxiosRequestConfig } from 'axios';
import type { Call } from './call.js';
import type { CurrentCall } from './current-call.js';
import type { Interceptor } from './interceptor.js';
import { PrivateFieldsOn } from './private-fields.js';

/** A pipeline on a client, as another copy of this package has to know it. */
interface InstallationEntry {
  readonly interceptors: readonly unknown[];
  register(): void;
  eject(): void;
  replace(interceptors: readonly Interceptor[]): void;
}

interface Shared {
  callOn(request: object): CurrentCall | undefined;
  putCallOn(request: object, call: CurrentCall): void;
  /** What is installed, by client. */
  readonly installations: WeakMap<object, InstallationEntry>;
}

/**
 * The call on its request, in a private field: nobody can see it, and axios does not copy it when the request is submitted
 * again, as it does with a symbol, which would bring a stale journal back. A WeakMap would hide it as well, but the garbage
 * collector goes through its entries at each turn.
 */
class Slot extends PrivateFieldsOn {
  #call: CurrentCall | undefined = undefined;

  static callOn(request: object): CurrentCall | undefined {
    return #call in request ? request.#call : undefined;
  }

  static putCallOn(request: object, call: CurrentCall): void {
    if (!(#call in request)) new Slot(request);
    (request as Slot).#call = call;
  }
}

// Two copies of this package in one process (ESM and CommonJS, say) share what they know.
const KEY = Symbol.for('@holdfast/core/1');
const globals = globalThis as Record<symbol, Shared | undefined>;
export const shared: Shared = (globals[KEY] ??= {
  callOn: (request) => Slot.callOn(request),
  putCallOn: (request, call) => {
    Slot.putCallOn(request, call);
  },
  installations: new WeakMap(),
});

/** The call that a request, a response or an error belongs to. */
export function callOf(subject: unknown): Call | undefined {
  if (!isObject(subject)) return undefined;
  const { config } = subject as { config?: unknown };
  const call = shared.callOn(subject) ?? (isObject(config) ? shared.callOn(config) : undefined);
  return call?.shown;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** For interceptors: the call of the request they are given. */
export function currentCall(config: InternalAxiosRequestConfig): CurrentCall {
  const call = shared.callOn(config);
  if (call === undefined) {
    throw new TypeError(
      'This request did not come through install(), or is a copy of one that did: change the one you are given',
    );
  }
  return call;
}
