import {
  AxiosError,
  CanceledError,
  type AxiosAdapter,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { onCancel } from '@holdfast/core';
import type { Closure, GateStore } from './index.js';

/** What a service answers. */
export interface Reply {
  readonly status: number;
  readonly retryAfter?: string;
  /** In milliseconds, what that asks for. */
  readonly afterMs: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One call of a user. */
export interface Called {
  readonly key: string;
  readonly deadlineAt: number;
  readonly giveUp: AbortController;
  retriesLeft: number;
  attempt: number;
  isSettled: boolean;
}

/** A request that has no answer yet. */
export interface Sent {
  readonly attempt: number;
  readonly answer: (reply: Reply | 'reset') => void;
}

/** A service that answers when it is told to. */
export class MadeService {
  readonly open: Sent[] = [];
  readonly #attemptOf: (config: InternalAxiosRequestConfig) => number;

  constructor(attemptOf: (config: InternalAxiosRequestConfig) => number) {
    this.#attemptOf = attemptOf;
  }

  readonly adapter: AxiosAdapter = (config) =>
    new Promise<AxiosResponse>((resolve, reject) => {
      const end = () => {
        off();
        this.open.splice(this.open.indexOf(sent), 1);
      };
      const sent: Sent = {
        attempt: this.#attemptOf(config),
        answer: (reply) => {
          end();
          if (reply === 'reset') reject(new AxiosError('read ECONNRESET', 'ECONNRESET', config));
          else resolve(responseOf(reply, config));
        },
      };
      const off = onCancel(config, () => {
        end();
        reject(new CanceledError());
      });
      this.open.push(sent);
    });
}

function responseOf(
  { status, retryAfter, afterMs, headers: others = {} }: Reply,
  config: InternalAxiosRequestConfig,
): AxiosResponse {
  const headers = { ...others, ...(retryAfter !== undefined && { 'retry-after': retryAfter }) };
  return { status, statusText: '', headers, data: String(afterMs), config };
}

/** What two processes know of a service, where both know it at once; and out of order now and then. */
export class MadeStore implements GateStore {
  isBroken = false;
  #closure: Closure | undefined = undefined;

  get(): Closure | undefined {
    if (this.isBroken) throw new Error('the store is out of order');
    return this.#closure;
  }

  set(_key: string, closure: Closure): void {
    if (this.isBroken) throw new Error('the store is out of order');
    this.#closure = closure;
  }

  /** From elsewhere; whether that is news. */
  hears(closure: Closure): boolean {
    const isNews = !this.isBroken && closure.until > (this.#closure?.until ?? 0);
    if (isNews) this.#closure = closure;
    return isNews;
  }

  /** It throws, or answers again and has forgotten all. */
  breaks(): void {
    this.isBroken = !this.isBroken;
    this.#closure = undefined;
  }
}

/** A turn of the event loop lets every promise chain run to its end. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
