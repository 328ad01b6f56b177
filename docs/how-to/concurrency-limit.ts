import {
  cancellationOf,
  count,
  currentCall,
  described,
  func,
  isCanceled,
  onCancel,
  readOptions,
  type Cancelable,
  type Interceptor,
} from '@holdfast/core';
import { AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';

/** Options of {@link concurrencyLimit}. */
export interface ConcurrencyLimitOptions {
  /** Calls that may be under way at once. Default: 10. Too few, calls wait without need; too many, the service is swamped. */
  readonly maxCalls?: number;
  /** Calls that may wait in line; any other is refused. Default: 32. With many, the last ones wait for a lost cause. */
  readonly maxWaiters?: number;
  /** What shares a line. Default: the origin that the request goes to. Wider, a slow service holds up a quick one. */
  readonly key?: (config: InternalAxiosRequestConfig) => string;
}

const schemas = {
  maxCalls: count(10, 1),
  maxWaiters: count(32),
  key: func<(config: InternalAxiosRequestConfig) => string>((config) => currentCall(config).target.origin),
};

/** As many calls as may be are under way, and as many as may wait are in line; nothing was sent. */
export class ConcurrencyLimitError extends AxiosError {
  declare readonly code: 'ERR_CONCURRENCY_LIMIT';
  /** How it counts: not against the service, and not to be sent again. */
  readonly outcome = 'refused';
  /** The service that was called. */
  readonly service: string;

  constructor(service: string, config: InternalAxiosRequestConfig) {
    super(`Too many calls to ${service} are in line; nothing was sent`, 'ERR_CONCURRENCY_LIMIT', config);
    this.name = 'ConcurrencyLimitError';
    this.service = service;
  }
}

/**
 * Lets so many calls be under way to a service at once; the others wait in line, first come, first served. Place it inside
 * a deadline, which ends the wait, and outside the retries: a call keeps its place until it is over.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function concurrencyLimit(options: ConcurrencyLimitOptions = {}): Interceptor {
  const read = readOptions('concurrencyLimit', schemas, options);
  const { maxCalls, maxWaiters, key } = read;
  const lines = new Map<string, Line>();

  const interceptor: Interceptor = (next) => {
    return function limiting(config): Promise<AxiosResponse> {
      const name = key(config);
      const line = lines.get(name) ?? new Line();
      lines.set(name, line);
      if (line.enter(maxCalls)) return send(config, name, line);
      const call = currentCall(config);
      if (line.waiters >= maxWaiters) {
        call.note(`refused: ${maxCalls} calls under way, ${line.waiters} in line`);
        return Promise.reject(new ConcurrencyLimitError(call.service, config));
      }
      return line.wait(config).then(
        () => send(config, name, line),
        (error: unknown) => {
          call.note('given up in line');
          throw error;
        },
      );
    };

    function send(config: InternalAxiosRequestConfig, name: string, line: Line): Promise<AxiosResponse> {
      return next(config).finally(() => {
        line.leave();
        // Keys may come from a request: nobody's line is kept for ever.
        if (line.isEmpty) lines.delete(name);
      });
    }
  };
  return described(interceptor, 'concurrencyLimit', read);
}

/** Who is under way to one service, and who waits for a place. */
class Line {
  #underWay = 0;
  /** In order of arrival. */
  readonly #waiting = new Set<() => void>();

  get waiters(): number {
    return this.#waiting.size;
  }

  get isEmpty(): boolean {
    return this.#underWay === 0;
  }

  /** Takes a place, if there is one. */
  enter(maxCalls: number): boolean {
    if (this.#underWay >= maxCalls) return false;
    this.#underWay += 1;
    return true;
  }

  /** Waits for the place of somebody who leaves, and rejects at once when the request is given up. */
  wait(config: Cancelable): Promise<void> {
    if (isCanceled(config)) return Promise.reject(cancellationOf(config));
    return new Promise<void>((resolve, reject) => {
      const take = () => {
        off();
        resolve();
      };
      const off = onCancel(config, () => {
        off();
        this.#waiting.delete(take);
        reject(cancellationOf(config));
      });
      this.#waiting.add(take);
    });
  }

  /** Gives the place up, to whoever has waited longest. */
  leave(): void {
    const [take] = this.#waiting;
    if (take === undefined) {
      this.#underWay -= 1;
      return;
    }
    // The place changes hands: a call that arrives just now finds none.
    this.#waiting.delete(take);
    take();
  }
}
