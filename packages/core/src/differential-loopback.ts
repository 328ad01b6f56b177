// One call over axios's own adapters to a server on loopback, and everything that can be seen of it at both ends.
import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import axios, { type AxiosRequestConfig } from 'axios';
import fc from 'fast-check';
import type { Layer } from './differential-layers.js';
import { ROUTES, type Server } from './differential-server.js';
import { shown } from './differential-shown.js';

const bodies: Readonly<Record<string, () => unknown>> = {
  none: () => undefined,
  text: () => 'text',
  object: () => ({ a: 1, list: [1, 'b'] }),
  search: () => new URLSearchParams({ a: '1 2' }),
  multipart: () => {
    const form = new FormData();
    form.append('a', '1');
    form.append('file', new Blob(['content'], { type: 'text/plain' }), 'x.txt');
    return form;
  },
  bytes: () => Buffer.from('bytes'),
  stream: () => Readable.from([Buffer.from('one '), Buffer.from('two')]),
  'failing stream': () =>
    Readable.from(
      (async function* failing() {
        yield Buffer.from('one ');
        await nextTurn();
        throw new RangeError('a body that fails');
      })(),
    ),
};

const validators: Readonly<Record<string, unknown>> = {
  all: () => true,
  nothing: () => false,
  null: null,
};

const kinds = (of: object): fc.Arbitrary<string> => fc.constantFrom(...Object.keys(of));
const maybe = <T>(...values: readonly T[]): fc.Arbitrary<T | undefined> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...values) },
  );

/** One call in one of all the ways. */
export interface LoopbackScenario {
  readonly adapter: 'http' | 'fetch';
  readonly route: string;
  readonly status: number;
  /** How many redirects there are. */
  readonly hops: number;
  readonly method: string;
  readonly body: string;
  readonly responseType: string | undefined;
  /** What becomes of a body that is a stream. */
  readonly reading: string;
  readonly validator: string | undefined;
  readonly cancel: string;
  readonly cancelBy: string;
  readonly reason: unknown;
  readonly timesOut: boolean;
  readonly clarifyTimeoutError: boolean | undefined;
  readonly timeoutErrorMessage: string | undefined;
  readonly maxContentLength: number | undefined;
  readonly maxBodyLength: number | undefined;
  readonly maxRedirects: number | undefined;
  readonly decompress: boolean | undefined;
  readonly auth: { readonly username: string; readonly password: string } | undefined;
  readonly beforeRedirect: boolean;
  readonly params: object | undefined;
  /** The whole URL, and not one below a base. */
  readonly absolute: boolean;
  /** Its request is submitted a second time. */
  readonly again: boolean;
}

/** All the ways in which a call can be made that matter to a socket. */
export const scenario: fc.Arbitrary<LoopbackScenario> = fc.record({
  adapter: fc.constantFrom('http', 'fetch'),
  route: fc.constantFrom(...ROUTES, 'refused'),
  status: fc.constantFrom(200, 206, 304, 400, 401, 404, 409, 429, 500, 503),
  hops: fc.constantFrom(1, 2, 6),
  method: fc.constantFrom('get', 'post', 'put', 'delete', 'head'),
  body: kinds(bodies),
  responseType: fc.constantFrom(undefined, 'json', 'text', 'arraybuffer', 'stream', 'stream', 'blob'),
  reading: fc.constantFrom('to the end', 'aborted', 'destroyed', 'not at all'),
  validator: maybe(...Object.keys(validators)),
  cancel: fc.constantFrom('no', 'before', 'at once', 'while it waits', 'in an interceptor'),
  cancelBy: fc.constantFrom('signal', 'token'),
  reason: fc.constantFrom(undefined, 'a text', new RangeError('a reason')),
  timesOut: fc.oneof(
    { weight: 6, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  clarifyTimeoutError: maybe(true, false),
  timeoutErrorMessage: maybe('too slow'),
  maxContentLength: maybe(10, 100_000),
  maxBodyLength: maybe(2, 100_000),
  maxRedirects: maybe(0, 1, 5),
  decompress: maybe(true, false),
  auth: maybe({ username: 'u', password: 'p' }),
  beforeRedirect: fc.boolean(),
  params: maybe({ q: 'x y', list: [1, 2] }),
  absolute: fc.boolean(),
  again: fc.boolean(),
});

let plays = 0;

/** Makes the call, and tells everything that can be seen of it from outside. */
export async function playOnLoopback(one: LoopbackScenario, layer: Layer, server: Server): Promise<unknown> {
  const log: unknown[] = [];
  const play = `play-${String((plays += 1))}`;
  const controller = new AbortController();
  const { token, cancel } = axios.CancelToken.source();
  const giveUp = () => {
    if (one.cancelBy === 'signal') controller.abort(one.reason);
    else cancel(String(one.reason));
  };
  const client = axios.create({ adapter: one.adapter, headers: { 'X-Play': play } });
  const eject = layer(client);
  client.interceptors.request.use((config) => {
    log.push('request');
    if (one.cancel === 'in an interceptor') giveUp();
    return config;
  });
  client.interceptors.response.use((response) => {
    log.push(['response', response.status, typeof response.data]);
    return response;
  });
  server.onWait = () => {
    log.push('waits');
    if (one.cancel === 'while it waits') giveUp();
  };
  if (one.cancel === 'before') giveUp();
  const request = requestOf(one, server, log, controller.signal, token);
  const call = settled(client.request(request));
  if (one.cancel === 'at once') giveUp();
  const outcome = await call;
  const body = await bodyOf(outcome, one, giveUp);
  const { config } = (outcome ?? {}) as { config?: AxiosRequestConfig };
  // Bare axios waits for ever for the end of a stream that is over.
  const second =
    one.again && !one.body.endsWith('stream') && config !== undefined && one.cancel === 'no'
      ? await settled(client.request(config))
      : undefined;
  const secondBody = await bodyOf(second, one, giveUp);
  eject();
  // The server hears of an end a little later than the client.
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  return {
    outcome: givenUpEarly(one) ? withoutAdapter(outcome) : shown(outcome),
    body,
    second: one.reading === 'aborted' ? withoutAdapter(second) : shown(second),
    secondBody,
    log,
    request: shown(request),
    listeners: getEventListeners(controller.signal, 'abort').length,
    server: isTimed(one) ? 'any' : server.taken(play),
  };
}

/** Nobody can tell when a request is over that was given up before it was dispatched: the pipeline is still on it. */
const givenUpEarly = ({ cancel }: LoopbackScenario): boolean =>
  cancel === 'before' || cancel === 'in an interceptor' || cancel === 'at once';

function withoutAdapter(outcome: unknown): unknown {
  const { config } = (outcome ?? {}) as { config?: AxiosRequestConfig };
  if (config !== undefined) delete config.adapter;
  return shown(outcome);
}

const waits = ({ route }: LoopbackScenario): boolean => route === 'hang' || route === 'stall';

/** After the headers it is bare axios's own toss-up whether that is a time-out or an aborted stream. */
const timesOut = (one: LoopbackScenario): boolean =>
  one.timesOut &&
  one.route === 'hang' &&
  one.body !== 'failing stream' &&
  // Nor is it told which of the two comes first.
  one.cancel !== 'while it waits';

/** What the server has seen by then is up to the machine. */
const isTimed = (one: LoopbackScenario): boolean =>
  timesOut(one) || one.cancel === 'at once' || one.body === 'failing stream';

const settled = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

/** Reads a body that is a stream, as far as the scenario goes. */
async function bodyOf(outcome: unknown, { reading }: LoopbackScenario, giveUp: () => void): Promise<unknown> {
  const { data, response } = (outcome ?? {}) as { data?: unknown; response?: { data?: unknown } };
  const body = data ?? response?.data;
  if (!(body instanceof Readable || body instanceof ReadableStream)) return undefined;
  if (reading === 'not at all') {
    await (body instanceof Readable ? Promise.resolve(body.destroy()) : body.cancel());
    return undefined;
  }
  const pieces: string[] = [];
  try {
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      pieces.push(Buffer.from(piece).toString());
      if (reading === 'aborted') giveUp();
      if (reading === 'destroyed') break;
    }
    return ['read', pieces.join('')];
  } catch (error) {
    return ['failed', pieces.join(''), shown(error)];
  }
}

function requestOf(
  one: LoopbackScenario,
  server: Server,
  log: unknown[],
  signal: AbortSignal,
  cancelToken: AxiosRequestConfig['cancelToken'] & object,
): AxiosRequestConfig {
  // Nobody would end it, or two would.
  const ended = one.cancel === 'while it waits' || one.cancel === 'at once' || timesOut(one);
  const name = waits(one) && (!ended || one.body === 'failing stream') ? 'chunked' : one.route;
  const path = `/${name}/${name === 'redirect' ? one.hops : name === 'status' ? one.status : ''}`;
  const origin = name === 'refused' ? 'http://127.0.0.1:1' : server.url;
  const given = {
    responseType: one.responseType,
    maxContentLength: one.maxContentLength,
    maxBodyLength: one.maxBodyLength,
    maxRedirects: one.maxRedirects,
    decompress: one.decompress,
    auth: one.auth,
    params: one.params,
    data: bodies[one.body]?.(),
    timeoutErrorMessage: one.timeoutErrorMessage,
    ...(one.validator !== undefined && { validateStatus: validators[one.validator] }),
    ...(one.clarifyTimeoutError !== undefined && {
      transitional: { clarifyTimeoutError: one.clarifyTimeoutError },
    }),
    ...(one.beforeRedirect && {
      beforeRedirect: (options: { path?: unknown }) => void log.push(['redirected', options.path]),
    }),
  };
  return {
    ...Object.fromEntries(
      Object.entries(given).filter(([key, value]) => value !== undefined || key === 'data'),
    ),
    method: one.method,
    ...(timesOut(one) && { timeout: 15 }),
    ...(one.absolute ? { url: `${origin}${path}` } : { url: path, baseURL: origin }),
    ...(one.cancelBy === 'signal' ? { signal } : { cancelToken }),
  } as AxiosRequestConfig;
}
