import type { AxiosInstance } from 'axios';
import type { Place } from './place.js';

/** One way of calling a service. */
export interface Stack {
  /** Gets an order, and resolves to it. */
  readonly call: () => Promise<unknown>;
  /** What of it is around axios, or inside. */
  readonly layer?: Layer;
  /** Ends what it keeps running. */
  readonly close?: () => void;
}

export type MakeStack = (place: Place) => Stack;

export interface Layer {
  readonly client: AxiosInstance;
  /** What goes around the whole of a call through `client`. */
  readonly around?: (send: (signal?: AbortSignal) => Promise<unknown>) => Promise<unknown>;
}

export const PATH = '/orders/7';

export function axiosStack(client: AxiosInstance, close?: () => void): Stack {
  const call = async (): Promise<unknown> => (await client.get<unknown>(PATH)).data;
  return { call, layer: { client }, ...(close && { close }) };
}
