import {
  cancellationOf,
  discard,
  isCanceled,
  jitteredDelayMs,
  retryAfterOf,
  spreadDelayMs,
  wait,
  type Clock,
  type LinkedSignal,
} from '@holdfast/core';
import { AxiosHeaders, isAxiosError, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { changed, firstAnswer, nextAnswer, type DownloadAnswer } from './download-answer.js';
import { DownloadError } from './download-error.js';
import { isPassing } from './download-failure.js';
import { piecesOf } from './download-pieces.js';
import { rangeField, type ByteRange } from './download-range.js';
import type { TransferProgress } from './transfer-progress.js';

/** What a download is made of. */
export interface DownloadPlan {
  readonly request: AxiosRequestConfig;
  readonly send: (request: AxiosRequestConfig) => Promise<AxiosResponse>;
  readonly range: ByteRange | undefined;
  readonly resumes: number;
  readonly signal: LinkedSignal;
  readonly clock: Clock;
  readonly random: () => number;
}

/** As the retries of one call are spaced. */
const BACKOFF = { baseDelayMs: 200, maxDelayMs: 5_000 };

/** Who is told to come back later than that tells it his reader. */
const LONGEST_WAIT_MS = 60_000;

/** The bytes of a download in their order, each once, from as many answers as it takes. */
export class DownloadSource {
  readonly #plan: DownloadPlan;
  #answer: DownloadAnswer;
  #body: AsyncGenerator<Buffer>;
  #at: number;
  #attempt = 1;
  /** Since the last byte came. */
  #resumes = 0;

  static async open(plan: DownloadPlan): Promise<DownloadSource> {
    return new DownloadSource(plan, await begun(plan));
  }

  constructor(plan: DownloadPlan, answer: DownloadAnswer) {
    this.#plan = plan;
    this.#answer = answer;
    this.#body = bodyOf(answer);
    this.#at = answer.start;
  }

  /** The answer at work. */
  get answer(): DownloadAnswer {
    return this.#answer;
  }

  /** What is said of the content. */
  get headers(): AxiosResponse['headers'] {
    return this.#answer.headers;
  }

  /** Bytes in all; `undefined` where that is not known before. */
  get size(): number | undefined {
    const { end } = this.#answer;
    return end === undefined ? undefined : end - this.#start;
  }

  get progress(): TransferProgress {
    return { transferred: this.#at - this.#start, total: this.size, attempt: this.#attempt };
  }

  /** The next piece; `undefined` at the end. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      let broken: unknown;
      try {
        const { done, value } = await this.#body.next();
        if (done !== true) return this.#counted(value);
        if (this.#isWhole()) return undefined;
        const message = 'The service has sent fewer bytes than it had said';
        broken = new DownloadError('ERR_DOWNLOAD_TRUNCATED', message, this.#answer.response);
      } catch (error) {
        broken = error;
      }
      await this.#goOn(broken);
    }
  }

  /** Nobody wants the rest any more. */
  leave(): void {
    this.#plan.signal.abort();
    discard(this.#answer.response);
    this.#body.return(undefined).catch(() => undefined);
  }

  get #start(): number {
    return this.#plan.range?.start ?? 0;
  }

  #counted(piece: Buffer): Buffer {
    const { response, partEnd } = this.#answer;
    const at = this.#at + piece.byteLength;
    const message = 'The service has sent more bytes than it had said';
    if (at > (partEnd ?? Infinity)) throw new DownloadError('ERR_DOWNLOAD_RANGE', message, response);
    if (at > this.#at) this.#resumes = 0;
    this.#at = at;
    return piece;
  }

  #isWhole(): boolean {
    const { partEnd, end } = this.#answer;
    return partEnd === undefined || this.#at === end;
  }

  /** Asks for what is missing until somebody answers; throws the last error where that makes no sense. */
  async #goOn(broken: unknown): Promise<void> {
    const { resumes, signal, clock } = this.#plan;
    let error = broken;
    for (;;) {
      if (isCanceled({ signal })) throw cancellationOf({ signal });
      if (!isPassing(error, clock.now())) throw error;
      if (!this.#canGoOn() || this.#resumes >= resumes) throw this.#shown(error);
      await wait(this.#delayMs(error), { signal }, clock);
      this.#resumes += 1;
      this.#attempt += 1;
      try {
        this.#answer = await this.#next();
        this.#body = bodyOf(this.#answer);
        return;
      } catch (failed) {
        error = failed;
      }
    }
  }

  #canGoOn(): boolean {
    return this.#isUntouched() || this.#answer.validator !== undefined;
  }

  #isUntouched(): boolean {
    return this.#at === this.#start;
  }

  async #next(): Promise<DownloadAnswer> {
    discard(this.#answer.response);
    if (this.#isUntouched()) return begun(this.#plan);
    const { validator, end } = this.#answer;
    const headers = {
      Range: rangeField(this.#at, end),
      ...(validator !== undefined && { 'If-Range': validator }),
    };
    const response = await sent(this.#plan, headers).catch((error: unknown) => {
      throw meansChange(error) ? changed(error.response, error) : error;
    });
    return fitting(this.#plan, response, () => nextAnswer(response, this.#answer, this.#at));
  }

  #delayMs(error: unknown): number {
    const { clock, random } = this.#plan;
    const toldMs = retryAfterOf(error, clock.now());
    // "Retry-After: 0" names no instant.
    if (!toldMs) return jitteredDelayMs(this.#resumes + 1, BACKOFF, random());
    if (toldMs > LONGEST_WAIT_MS) throw error;
    return spreadDelayMs(toldMs, random());
  }

  /** The reader gets an AxiosError in any case: those of sockets are none. */
  #shown(error: unknown): unknown {
    if (isAxiosError(error)) return error;
    const message = 'The connection broke off before the end of the download';
    return new DownloadError('ERR_DOWNLOAD_BROKEN', message, this.#answer.response, error);
  }
}

function bodyOf({ response, encoding }: DownloadAnswer): AsyncGenerator<Buffer> {
  return piecesOf(response.data, encoding);
}

async function begun(plan: DownloadPlan): Promise<DownloadAnswer> {
  const { range } = plan;
  const end = range?.end === undefined ? undefined : range.end + 1;
  const response = await sent(plan, range && { Range: rangeField(range.start, end) });
  return fitting(plan, response, () => firstAnswer(response, range));
}

function sent(
  { send, request, signal }: DownloadPlan,
  headers: Readonly<Record<string, string>> = {},
): Promise<AxiosResponse> {
  const all = AxiosHeaders.from(request.headers as AxiosHeaders | undefined).concat({ ...headers });
  return send({ ...request, signal, headers: all });
}

/** What does not fit is read by nobody, and neither is what comes too late. */
function fitting(
  { signal }: DownloadPlan,
  response: AxiosResponse,
  read: () => DownloadAnswer,
): DownloadAnswer {
  try {
    if (isCanceled({ signal })) throw cancellationOf({ signal });
    return read();
  } catch (error) {
    discard(response);
    throw error;
  }
}

/** The rest is not there any more, or of another content. */
const CHANGE: ReadonlySet<number | undefined> = new Set([304, 412, 416]);

function meansChange(error: unknown): error is { readonly response: AxiosResponse } {
  return isAxiosError(error) && CHANGE.has(error.response?.status);
}
