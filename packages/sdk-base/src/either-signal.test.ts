import axios from 'axios';
import { EitherSignal } from './either-signal.js';
import { Orders, failureOf, ordersClient } from './made-orders-sdk.js';

/** A signal, and how many listen to it. */
function counted() {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...args);
  };
  return { controller, signal, listeners: () => listeners };
}

describe('a call with two signals', () => {
  it.each(['call', 'sdk'] as const)('ends for the reason that the %s has', async (which) => {
    const { client } = ordersClient(['hang']);
    const signals = { call: new AbortController(), sdk: new AbortController() };
    const orders = new Orders(client, { signal: signals.sdk.signal });
    const got = failureOf(orders.get('7', { signal: signals.call.signal }));
    signals[which].abort(new Error(`by the ${which}`));
    const error = await got;
    expect(axios.isCancel(error)).toBe(true);
    expect(error).toHaveProperty('code', 'ERR_CANCELED');
  });

  it.each(['call', 'sdk'] as const)('is not sent where that of the %s has ended already', async (which) => {
    const { client, requests } = ordersClient();
    const live = new AbortController().signal;
    const ended = AbortSignal.abort();
    const [call, sdk] = which === 'call' ? [ended, live] : [live, ended];
    const got = failureOf(new Orders(client, { signal: sdk }).get('7', { signal: call }));
    await expect(got).resolves.toHaveProperty('code', 'ERR_CANCELED');
    expect(requests).toHaveLength(0);
  });

  it('leaves nothing on either when it has ended, however long the SDK goes on', async () => {
    const { client } = ordersClient();
    const sdk = counted();
    const orders = new Orders(client, { signal: sdk.signal });
    const any = jest.spyOn(AbortSignal, 'any');
    for (let call = 0; call < 50; call += 1) {
      const own = counted();
      await orders.get('7', { signal: own.signal });
      expect([own.listeners(), sdk.listeners()]).toEqual([0, 0]);
    }
    // What it makes is kept by the signal of the SDK for as long as that goes on.
    expect(any).not.toHaveBeenCalled();
    any.mockRestore();
  });
});

describe('two signals as one', () => {
  it('have ended when one has, for its reason', () => {
    for (const index of [0, 1]) {
      const both = [new AbortController(), new AbortController()] as const;
      const either = new EitherSignal(both[0].signal, both[1].signal);
      const heard = jest.fn();
      either.addEventListener('abort', heard);
      expect([either.aborted, either.reason]).toEqual([false, undefined]);
      both[index]?.abort('enough');
      expect([either.aborted, either.reason]).toEqual([true, 'enough']);
      expect(heard).toHaveBeenCalledTimes(1);
    }
  });

  it('tell nobody who has gone', () => {
    const both = [new AbortController(), new AbortController()] as const;
    const either = new EitherSignal(both[0].signal, both[1].signal);
    const heard = jest.fn();
    either.addEventListener('abort', heard);
    either.removeEventListener('abort', heard);
    for (const one of both) one.abort();
    expect(heard).not.toHaveBeenCalled();
  });
});
