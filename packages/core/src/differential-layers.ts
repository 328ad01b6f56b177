// What a client may carry without anybody being able to tell.
import type { AxiosInstance } from 'axios';
import { install, type Interceptor } from './index.js';

/** Puts a pipeline on a client, or leaves it bare; what it returns takes it off. */
export type Layer = (client: AxiosInstance) => () => void;

export const bare: Layer = () => () => undefined;

const passing: Interceptor = (next) => (config) => next(config);

/** No interceptors at all; and one that passes everything on, so that the pipeline itself is held to it too. */
export const LAYERS: readonly (readonly [name: string, layer: Layer])[] = [
  ['no interceptors', held([])],
  ['an interceptor that does nothing', held([passing])],
];

function held(interceptors: readonly Interceptor[]): Layer {
  return (client) => {
    const installation = install(client, interceptors);
    return () => {
      installation.eject();
    };
  };
}

/** How many calls a search makes: more on demand, by HOLDFAST_RUNS. */
export const RUNS: number = Number(process.env['HOLDFAST_RUNS'] ?? 1_000);

/** Milliseconds for a search of that length, on a slow machine. */
export const SEARCH_MS: number = 60_000 + RUNS * 50;

/** As text, line by line: much faster to compare than what it is made of. */
export function asText(told: unknown): string {
  return JSON.stringify(told, undefined, 1);
}
