import { staticCredential } from '@holdfast/testing';
import type { AxiosResponse } from 'axios';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { callOf, type Call, type Classify, type Interceptor, type Outcome } from './index.js';
import { BUSY, DONE, busyInBody, classified, errorOf, run } from './made-classified.js';

describe('a hook that names classes', () => {
  it('is not asked about a token that is kept from another origin, and the call is refused at once', async () => {
    const asked: Outcome[] = [];
    const hook: Classify = (outcome) => {
      asked.push(outcome);
      return 'unavailable';
    };
    const options = { credential: staticCredential(), scopes: 'api://orders/.default' };
    const error = await errorOf(classified([], hook, options).client.get('https://elsewhere.test/7'));
    expect([error.code, callOf(error)?.outcome, asked]).toEqual(['ERR_TOKEN_ORIGIN', 'local', []]);
    expect(callOf(error)?.refusals).toHaveLength(1);
  });

  it('has no attempt in the story of an answer that somebody inside had at hand', async () => {
    const atHand: Interceptor = () => (config) =>
      Promise.resolve({ ...BUSY, statusText: '', headers: {}, config } as AxiosResponse);
    const { client, requests } = classified([], busyInBody, {
      after: { attemptTimeout: atHand },
      retry: false,
    });
    const call = callOf(await run(client.get('/7')));
    expect([call?.outcome, call?.attempts, call?.refusals, requests.length]).toEqual([
      'unavailable',
      [],
      ['classified as unavailable'],
      0,
    ]);
  });

  it('has the time of a send in the story, without what came before it', async () => {
    const late: Interceptor = (next) => (config) =>
      new Promise((resolve) => setTimeout(resolve, 300)).then(() => next(config));
    const { client } = classified([{ ...BUSY, delayMs: 40 }, DONE], busyInBody, {
      before: { attemptTimeout: late },
    });
    const call = callOf(await run(client.get('/7')));
    const [first] = call?.attempts ?? [];
    expect([(first?.startedAt ?? 0) - (call?.startedAt ?? 0), first?.delayMs]).toEqual([300, 300]);
    expect(first && first.endedAt - first.startedAt).toBe(40);
  });

  it('keeps no answer alive once its call has ended: who keeps the call keeps no body', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { client } = classified([DONE], () => undefined);
    const ended = async (): Promise<[Call | undefined, WeakRef<AxiosResponse>]> => {
      const response = await run(client.get('/7'));
      return [callOf(response), new WeakRef(response)];
    };
    const [call, answer] = await ended();
    for (let turn = 0; turn < 10; turn += 1) {
      await nextTurn();
      collect();
    }
    expect(call?.outcome).toBe('success');
    expect(answer.deref()).toBeUndefined();
  });
});
