import {
  LONGEST_TIMER_MS,
  count,
  currentCall,
  described,
  func,
  having,
  headerKey,
  isCanceled,
  jitteredDelayMs,
  milliseconds,
  readOptions,
  removeHeader,
  retryDelayOf,
  spreadDelayMs,
  systemClock,
  wait,
  type Clock,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import {
  batchAnswerIn,
  batchIn,
  idOf,
  mayBeThrottled,
  merged,
  throttledParts,
  type Batch,
  type BatchAnswer,
  type BatchPart,
} from './graph-parts.js';

/** Options of {@link graphBatch}. */
export interface GraphBatchOptions {
  /**
   * How many times parts are sent again, after the batch itself. Default: 3. 0 hands throttled parts back as they are; with many,
   * a service that goes on throttling is asked again and again.
   */
  readonly rounds?: number;
  /**
   * Milliseconds up to which the wait before the first round is drawn where no part says when to come back; doubles with each
   * round. Default: 200. Shorter than what a service needs to recover, rounds are wasted.
   */
  readonly baseDelayMs?: number;
  /** Milliseconds up to which any such wait is drawn. Default: 5,000. Too long, callers wait for nothing. */
  readonly maxDelayMs?: number;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where jitter comes from: numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

const schemas = {
  rounds: count(3),
  baseDelayMs: milliseconds(200),
  maxDelayMs: milliseconds(5_000),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
};

type Rules = Required<GraphBatchOptions>;

/**
 * Sends the throttled parts of a `$batch` again, in another `$batch` of those alone: a batch succeeds with 200 although some of
 * its parts are answered by 429, 503 or 504, which no retry sees. It waits for the longest Retry-After among them, never beyond
 * the deadline, and then puts the new answers in the place of the old. Parts that are not idempotent (POST, PATCH) stay as they were
 * answered, and so does what depends on them.
 *
 * Place it inside a deadline and outside of the retries: each round is a call with all its attempts.
 *
 * https://learn.microsoft.com/graph/json-batching, https://learn.microsoft.com/graph/throttling#throttling-and-batching
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function graphBatch(options: GraphBatchOptions = {}): Interceptor {
  const rules: Rules = readOptions('graphBatch', schemas, options);
  const interceptor: Interceptor = (next) =>
    function batching(config): Promise<AxiosResponse> {
      if (!isBatch(config)) return next(config);
      return next(config).then((response) =>
        response.status === 200 && mayBeThrottled(response.data)
          ? sendThrottledAgain(response, next, config, rules)
          : response,
      );
    };
  return described(interceptor, 'graphBatch', rules);
}

function isBatch({ method, url, holdfast }: InternalAxiosRequestConfig): boolean {
  return (
    method?.toLowerCase() === 'post' &&
    holdfast?.body === undefined &&
    /(?:^|\/)(?:\$|%24)batch\/?(?:[?#]|$)/i.test(url ?? '')
  );
}

async function sendThrottledAgain(
  response: AxiosResponse,
  next: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  rules: Rules,
): Promise<AxiosResponse> {
  const batch = batchIn(config.data);
  let answer = batchAnswerIn(response.data);
  if (batch === undefined || answer === undefined) return response;

  for (let round = 1; ; round += 1) {
    const parts = throttledParts(batch.requests, answer.responses);
    if (parts.length === 0) return response;
    // What is decided upon it would seem to have come before it.
    currentCall(config).writeDown(response, rules.clock.now());
    if (!(await isWaitedFor(parts, answer, round, config, rules))) return response;
    const later = await send({ ...batch, requests: parts }, next, config);
    if (later === undefined) return response;
    answer = merged(answer, parts, later);
    response.data = JSON.stringify(answer);
  }
}

/** Whether there is another round; then its time has come. */
async function isWaitedFor(
  parts: readonly BatchPart[],
  answer: BatchAnswer,
  round: number,
  config: InternalAxiosRequestConfig,
  rules: Rules,
): Promise<boolean> {
  const { rounds, clock } = rules;
  const call = currentCall(config);
  const now = clock.now();
  const throttled = `${parts.length} of ${answer.responses.length} parts throttled`;
  if (round > rounds) {
    call.note(`${throttled}; gave up after ${rounds} rounds`);
    return false;
  }
  const delayMs = delayBefore(parts, answer, round, now, rules);
  // Without a deadline nobody waits for weeks either: retries do not.
  if (now + delayMs >= call.deadlineAt || delayMs > LONGEST_TIMER_MS) {
    call.note(`${throttled}; a wait of ${Math.ceil(delayMs)} ms does not fit the deadline`);
    return false;
  }
  call.note(`${throttled}; round ${round} in ${Math.ceil(delayMs)} ms`);
  await wait(delayMs, config, clock);
  return true;
}

/** The longest of what the parts ask for, and a little more by chance; else full jitter. */
function delayBefore(
  parts: readonly BatchPart[],
  { responses }: BatchAnswer,
  round: number,
  now: number,
  rules: Rules,
): number {
  const ids = new Set(parts.map(({ id }) => idOf(id)));
  const toldMs = responses
    .filter(({ id }) => ids.has(idOf(id)))
    .reduce((longest, { headers }) => Math.max(longest, retryDelayOf(headers, now) ?? 0), 0);
  const random = rules.random();
  return toldMs > 0 ? spreadDelayMs(toldMs, random) : jitteredDelayMs(round, rules, random);
}

/** Sends these parts; `undefined` where that came to nothing, and what there was before is the answer. */
async function send(
  batch: Batch,
  next: AxiosAdapter,
  config: InternalAxiosRequestConfig,
): Promise<BatchAnswer | undefined> {
  const call = currentCall(config);
  const { data, headers, holdfast } = config;
  const lengthKey = headerKey(headers, 'content-length');
  const length: unknown = lengthKey === undefined ? undefined : headers[lengthKey];
  config.data = JSON.stringify(batch);
  // The same key says that it is the same request: the service would answer with the first batch again.
  if (typeof holdfast?.idempotencyKey === 'string') config.holdfast = { ...holdfast, idempotencyKey: true };
  // axios has put it there for the first body, and would promise that many bytes of this one.
  removeHeader(headers, 'content-length');
  try {
    const { status, data: received } = await next(config);
    const answer = status === 200 ? batchAnswerIn(received) : undefined;
    if (answer === undefined) call.note(`the round came to nothing: ${status}`);
    return answer;
  } catch (error) {
    if (isCanceled(config)) throw error;
    call.note('the round came to nothing');
    return undefined;
  } finally {
    config.data = data;
    if (holdfast !== undefined) config.holdfast = holdfast;
    removeHeader(headers, 'content-length');
    if (lengthKey !== undefined) headers[lengthKey] = length as string;
  }
}
