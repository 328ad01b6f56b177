import { setMaxListeners } from 'node:events';
import { callOf } from '@holdfast/client';
import { discard } from '@holdfast/core';
import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import { setTimeout as pause } from 'node:timers/promises';
import { judgeError } from './answers.js';
import { CALL_MIXTURE, isRepeatable, makeCall, type CallKindName } from './calls.js';
import { PAGES } from './content.js';
import type { Caller } from './identities.js';
import { MARGIN_MS } from './ledger.js';
import { DEADLINE_MS, SERVICES, type ServiceName } from './services.js';
import type { Stage } from './stage.js';

/** Between two calls of one caller, at most. */
const THINKING_MS = 300;

/** Requests of a call that was given up may still come in for as long. */
const AFTERMATH_MS = 1_500;

/** How long a call takes at most whose time is not over with its headers. */
const READING_MS = 5_000;

/** Callers who make one call after the other. */
export class Load {
  /** Lives as long as the process, as that of a server which ends does; no call may leave a listener on it. */
  readonly longLived: AbortSignal = new AbortController().signal;
  readonly #stage: Stage;
  #number = 0;
  #ended: { readonly id: string; readonly kind: CallKindName }[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
    // As many calls at a time may listen to it as there are; what counts is that none does in the end.
    setMaxListeners(0, this.longLived);
  }

  get callers(): readonly Caller[] {
    return this.#stage.identities.callers;
  }

  /** Until it is over, and all calls have settled or had their time; then each is judged by what the servers have seen. */
  async run(callsAtOnce: number, isOver: () => boolean): Promise<void> {
    const callers = Array.from({ length: callsAtOnce }, async () => {
      while (!isOver()) {
        await this.one();
        await pause(this.#stage.chance.below(THINKING_MS));
      }
    });
    await Promise.race([Promise.all(callers), this.#tooLong(isOver)]);
    await pause(AFTERMATH_MS);
    this.#judge();
  }

  /** The same, but it does not wait for a call that is lost. */
  async settled(name: ServiceName, caller?: Caller): Promise<string> {
    const lost = new AbortController();
    const tooLong = pause(PAGES * DEADLINE_MS + 2 * MARGIN_MS, 'never settled', { signal: lost.signal });
    tooLong.catch(() => undefined);
    const outcome = await Promise.race([this.one(name, caller), tooLong]);
    lost.abort();
    return outcome;
  }

  /** One call, by chance or to this service and as it is, without a limit of its own. It resolves to what came of it. */
  async one(quietly?: ServiceName, as?: Caller): Promise<string> {
    const { chance, services, identities, ledger, plan } = this.#stage;
    const api = quietly ?? chance.oneOf(SERVICES);
    const kind = CALL_MIXTURE[chance.below(CALL_MIXTURE.length)] ?? 'get';
    const id = `c${(this.#number += 1)}x`;
    const { config, release } =
      quietly === undefined ? this.#config() : { config: {}, release: () => undefined };
    const caller = as ?? chance.oneOf(identities.callers);
    const deadlineMs = (config.holdfast?.deadlineMs ?? DEADLINE_MS) || DEADLINE_MS;
    const limitMs = (kind === 'list' ? PAGES : 1) * deadlineMs + (kind === 'download' ? READING_MS : 0);
    ledger.begin({ id, kind: `${kind}, ${api}`, startedAt: Date.now(), limitMs });
    const call = {
      id,
      caller,
      api,
      ledger,
      config,
      client: services.clients[api],
      stopsReading: quietly === undefined && chance.next() < 0.1,
    };
    let outcome: string;
    try {
      outcome = await makeCall(kind, call, chance.next() < 0.5);
    } catch (error) {
      outcome = judgeError(error, id, ledger);
      // What failed as a stream holds its connection until somebody lets go of it.
      discard((error as { response?: AxiosResponse }).response);
      const attempts = callOf(error)?.attempts ?? [];
      if (attempts.some(({ code }) => code === 'ECONNREFUSED')) plan.meet('the API is down');
    } finally {
      release();
    }
    ledger.settle(id, outcome, Date.now());
    this.#ended.push({ id, kind });
    return outcome;
  }

  /** Some have less time, some are cancelled at any instant, some could be by a signal that outlives them all. */
  #config(): { readonly config: AxiosRequestConfig; readonly release: () => void } {
    const { chance } = this.#stage;
    const holdfast = chance.next() < 0.3 ? { deadlineMs: 100 + chance.below(3_000) } : {};
    const way = chance.next();
    if (way < 0.3) return { config: { holdfast, signal: this.longLived }, release: () => undefined };
    if (way > 0.4) return { config: { holdfast }, release: () => undefined };
    const controller = new AbortController();
    const timer = setTimeout(() => {
      controller.abort();
    }, chance.below(600));
    return {
      config: { holdfast, signal: controller.signal },
      release: () => {
        clearTimeout(timer);
      },
    };
  }

  /** Ends when every call that is left has had its time, and more. */
  async #tooLong(isOver: () => boolean): Promise<void> {
    const { ledger } = this.#stage;
    const isLost = (): boolean =>
      isOver() &&
      ledger.open.every(({ startedAt, limitMs }) => Date.now() > startedAt + limitMs + 2 * MARGIN_MS);
    while (!isLost()) await pause(100);
  }

  #judge(): void {
    const { record } = this.#stage;
    for (const { id, kind } of this.#ended) {
      const ids = kind === 'list' ? Array.from({ length: PAGES }, (_, page) => `${id}.${page}`) : [id];
      for (const one of ids) record.judge(one, isRepeatable(kind));
    }
    this.#ended = [];
  }
}
