import {
  attachToken,
  attemptTimeout,
  circuitBreaker,
  claimsChallenge,
  createClientFactory,
  createServiceClient,
  deadline,
  install,
  retry,
  throttleGate,
  type Interceptor,
} from '@holdfast/client';
import axios from 'axios';
import type { Place } from './place.js';
import { axiosStack, type MakeStack, type Stack } from './stack.js';
import { SCOPE } from './tokens.js';

type Single =
  | 'nothing'
  | 'attachToken'
  | 'claimsChallenge'
  | 'retry'
  | 'throttleGate'
  | 'circuitBreaker'
  | 'attemptTimeout'
  | 'deadline';

/** Interceptors that stand alone; `nothing` is what a pipeline costs by itself. */
export const singles: Readonly<Record<Single, MakeStack>> = {
  nothing: (place) => installed(place),
  attachToken: (place) => installed(place, attachToken(place.tokens, { scopes: SCOPE })),
  claimsChallenge: (place) =>
    installed(place, attachToken(place.tokens, { scopes: SCOPE, enableCae: true }), claimsChallenge()),
  retry: (place) => installed(place, retry()),
  throttleGate: (place) => installed(place, throttleGate()),
  circuitBreaker: (place) => installed(place, circuitBreaker()),
  attemptTimeout: (place) => installed(place, attemptTimeout()),
  deadline: (place) => installed(place, deadline()),
};

function installed({ baseURL, axiosDefaults }: Place, ...interceptors: readonly Interceptor[]): Stack {
  const client = axios.create({ baseURL, ...axiosDefaults() });
  install(client, interceptors);
  return axiosStack(client);
}

/** The standard pipeline with its defaults. */
export function standardStack({ tokens, baseURL, axiosDefaults }: Place): Stack {
  return axiosStack(
    createServiceClient({
      name: 'orders',
      credential: tokens,
      scopes: SCOPE,
      baseURL,
      axios: axiosDefaults(),
    }),
  );
}

/** The same, made by a factory: it can be closed. */
export function factoryStack({ tokens, baseURL, axiosDefaults }: Place): Stack {
  const { orders } = createClientFactory({
    credential: tokens,
    services: { orders: { baseURL, scopes: SCOPE, axios: axiosDefaults() } },
  });
  return axiosStack(orders);
}
