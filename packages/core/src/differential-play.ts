// One call, on a client with or without a pipeline, and everything that can be seen of it from outside.
import { setImmediate as nextTurn } from 'node:timers/promises';
import axios, { type AxiosHeaders, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { adapterOf } from './differential-adapters.js';
import { outcomeShown, useInterceptor, type Hooks, type Point } from './differential-interceptors.js';
import { bare, type Layer } from './differential-layers.js';
import { bodies, extras, serializers, validators, type Scenario } from './differential-scenario.js';
import { keysOf, shown } from './differential-shown.js';

/** Makes the call, and tells everything that can be seen of it from outside. */
export async function play(one: Scenario, layer: Layer): Promise<unknown> {
  const log: unknown[] = [];
  const controller = new AbortController();
  const { token, cancel } = axios.CancelToken.source();
  const reach = (point: Point) => {
    if (one.cancelAt !== point) return;
    // Nor what it finds the other at.
    if (one.then === 'twice at once' && point !== 'before' && point !== 'turn') return;
    if (one.cancelBy !== 'token') controller.abort(one.reason);
    if (one.cancelBy !== 'signal') cancel(String(one.reason));
  };
  const sent = new WeakSet();
  const hooks: Hooks = { log, reach, sent };
  const cancelable = {
    ...(one.cancelAt !== undefined && one.cancelBy !== 'token' && { signal: controller.signal }),
    ...(one.cancelAt !== undefined && one.cancelBy !== 'signal' && { cancelToken: token }),
  };
  const adapter = adapterOf(one.adapter, one, hooks);
  const client = axios.create(defaultsOf(one, adapter, hooks));
  let eject = bare(client);
  for (let index = 0; index <= 3; index += 1) {
    const kind = one.interceptors[index];
    if (index === one.installedAt) eject = layer(client);
    if (kind !== undefined) useInterceptor(client, kind, index, hooks);
  }
  const request = { ...requestOf(one, adapter, hooks), ...cancelable };
  reach('before');
  const uri = attempt(() => client.getUri(request));
  const calls =
    one.then === 'twice at once'
      ? [settled(make(client, one, request)), settled(make(client, one, request))]
      : [settled(make(client, one, request))];
  // By then every adapter has settled, but for those that never do.
  const turns = nextTurns(6).then(() => 'pending');
  await nextTurn();
  reach('turn');
  const outcomes = await Promise.all(calls.map((call) => Promise.race([call, turns])));
  const second = await secondCall(one, client, outcomes[0], eject);
  await nextTurns(2);
  return {
    uri,
    outcomes: outcomes.map((outcome) => outcomeShown(outcome, sent)),
    second: outcomeShown(second, sent),
    // Which of two calls at once is a step ahead of the other is nobody's promise.
    log: one.then === 'twice at once' ? log.map((entry) => JSON.stringify(entry)).sort() : log,
    request: shown(request),
    defaults: shown(client.defaults),
  };
}

async function secondCall(
  one: Scenario,
  client: AxiosInstance,
  outcome: unknown,
  eject: () => void,
): Promise<unknown> {
  const { config } = (typeof outcome === 'object' ? outcome : {}) as { config?: AxiosRequestConfig };
  if (config === undefined || one.then === 'nothing' || one.then === 'twice at once') return undefined;
  if (one.then === 'after eject') eject();
  const target = one.then === 'elsewhere' ? axios.create() : client;
  return Promise.race([settled(target.request(config)), nextTurns(6).then(() => 'pending')]);
}

async function nextTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await nextTurn();
}

const settled = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

function attempt(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return shown(error);
  }
}

// Asynchronous, because older versions of axios throw what later ones reject with.
async function make(
  client: AxiosInstance,
  { call, url, method, body }: Scenario,
  request: AxiosRequestConfig,
): Promise<unknown> {
  const whole = { ...request, url, ...(method !== undefined && { method }) };
  const data = request.data as unknown;
  if (call === 'request') return client.request({ ...whole, data });
  if (call === 'call') return client({ ...whole, data });
  if (call === 'call with url') return client(url, { ...request, ...(method !== undefined && { method }) });
  if (call === 'get' || call === 'delete' || call === 'head' || call === 'options')
    return client[call](url, request);
  return client[call](url, bodies[body]?.(), request);
}

function defaultsOf(one: Scenario, adapter: AxiosRequestConfig['adapter'], hooks: Hooks): AxiosRequestConfig {
  return {
    ...(one.baseURL !== undefined && { baseURL: one.baseURL }),
    ...(!one.adapterPerRequest && adapter !== undefined && { adapter }),
    ...(one.extraInDefaults && extras[one.extra === 'cyclic' ? 'none' : one.extra]?.()),
    ...(one.validatorInDefaults && validatorOf(one, hooks)),
    headers: { 'X-Default': 'd' },
  };
}

function requestOf(one: Scenario, adapter: AxiosRequestConfig['adapter'], hooks: Hooks): AxiosRequestConfig {
  const transform = (name: 'to request' | 'to response', fails: boolean) =>
    function named(this: unknown, data: unknown, headers: AxiosHeaders, status?: number) {
      hooks.log.push([
        name,
        shown(data),
        shown(headers),
        status ?? 'no status',
        keysOf(this as object).map(String),
      ]);
      hooks.reach(name);
      if (fails) throw new TypeError('a transform that throws');
      return typeof data === 'string' ? `${data}!` : JSON.stringify(data);
    };
  const request = {
    ...(one.adapterPerRequest && adapter !== undefined && { adapter }),
    ...(one.baseOfRequest !== undefined && { baseURL: one.baseOfRequest }),
    ...(one.allowAbsoluteUrls !== undefined && { allowAbsoluteUrls: one.allowAbsoluteUrls }),
    ...(one.body !== 'none' && { data: bodies[one.body]?.() }),
    ...(one.params !== undefined && { params: one.params }),
    ...serializers[one.serializer]?.(),
    ...(!one.validatorInDefaults && validatorOf(one, hooks)),
    ...(one.responseType !== undefined && { responseType: one.responseType }),
    ...(one.transitional !== undefined && { transitional: one.transitional }),
    ...(one.auth && { auth: { username: 'u', password: 'p' } }),
    ...(one.toRequest === 'null' && { transformRequest: null }),
    ...(one.toRequest === 'list' && {
      transformRequest: [transform('to request', false), transform('to request', false)],
    }),
    ...((one.toRequest === 'one' || one.toRequest === 'throwing') && {
      transformRequest: transform('to request', one.toRequest === 'throwing'),
    }),
    ...(one.toResponse === 'list' && {
      transformResponse: [transform('to response', false), transform('to response', false)],
    }),
    ...(one.toResponse === 'async' && { transformResponse: (data: unknown) => Promise.resolve(data) }),
    ...((one.toResponse === 'one' || one.toResponse === 'throwing') && {
      transformResponse: transform('to response', one.toResponse === 'throwing'),
    }),
    ...(!one.extraInDefaults && extras[one.extra]?.()),
  };
  return request as AxiosRequestConfig;
}

function validatorOf({ validator }: Scenario, { log, reach }: Hooks): AxiosRequestConfig {
  if (validator === undefined) return {};
  const accepts: unknown = validators[validator];
  if (typeof accepts !== 'function') return { validateStatus: accepts } as AxiosRequestConfig;
  return {
    validateStatus(this: unknown, ...args: [number]): boolean {
      log.push(['asked', args, this === undefined]);
      reach('status');
      return (accepts as (status: number) => boolean)(...args);
    },
  };
}
