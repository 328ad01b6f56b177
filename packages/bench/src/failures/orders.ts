import { statusError } from '@holdfast/core';
import type { AxiosAdapter, AxiosResponse } from 'axios';

export const BASE_URL = 'https://orders.example';
export const PATH = '/orders/7';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A service that answers at once, in memory. A status that its caller does not take is an error, as of axios's own adapters. */
export class Orders {
  answer: Answer = { status: 200 };
  /** How many of the next requests are answered with 503 in its place. */
  unavailable = 0;
  /** Requests that have come here. */
  sends = 0;

  readonly adapter: AxiosAdapter = (config) => {
    this.sends += 1;
    const { status, headers = {} } = this.#next();
    const response: AxiosResponse = {
      status,
      statusText: '',
      data: '{"id":7}',
      headers: { ...headers },
      config,
    };
    const { validateStatus } = config;
    const isTaken = validateStatus == null || validateStatus(status);
    return isTaken ? Promise.resolve(response) : Promise.reject(statusError(response));
  };

  #next(): Answer {
    if (this.unavailable === 0) return this.answer;
    this.unavailable -= 1;
    return { status: 503 };
  }
}
