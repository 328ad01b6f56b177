import { AxiosHeaders, type AxiosResponse } from 'axios';
import { CurrentCall, isHoldfastError, type Clock } from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import { Gate, type Arrival, type GateRules } from './gate.js';
import type { Closure } from './gate-store.js';
import { Gates } from './gates.js';
import { MemoryStore } from './gate-store.js';
import { WaitingLine } from './waiting-line.js';

const MANY = 10_000;

let time: ManualClock;
/** How often the gate has read its clock, set a timer, and looked for what it was told. */
let worked: number;
let clock: Clock;
beforeEach(() => {
  time = manualClock({ fakeGlobals: false });
  worked = 0;
  clock = {
    now: () => {
      worked += 1;
      return time.now();
    },
    setTimeout: (callback, delayMs) => {
      worked += 1;
      return time.setTimeout(callback, delayMs);
    },
  };
});

const rules = (others: Partial<GateRules> = {}): GateRules => ({
  maxClosedMs: 300_000,
  maxWaiters: Infinity,
  rampMs: 1_000,
  probeTimeoutMs: 10_000,
  mode: 'enforce',
  clock,
  random: () => 0,
  ...others,
});

/** A closed gate, and calls that come to it. */
class Crowd {
  readonly gate: Gate;
  readonly sent: number[] = [];
  readonly ended: Promise<string>[] = [];
  closure: Closure;

  constructor(closedMs: number, others: Partial<GateRules> = {}) {
    this.closure = { closedAt: time.now(), until: time.now() + closedMs };
    this.gate = new Gate('orders', 'orders', rules(others), () => {
      worked += 1;
      return this.closure;
    });
    this.gate.heed(this.closure, time.now());
  }

  comes(count: number, signal?: AbortSignal, deadlineAt = Infinity): void {
    for (let made = 0; made < count; made += 1) {
      const number = this.ended.length;
      const call = new CurrentCall();
      call.deadlineAt = deadlineAt;
      const config = { headers: new AxiosHeaders(), ...(signal && { signal }) };
      const response: AxiosResponse = { data: '', status: 200, statusText: '', headers: {}, config };
      const send = () => {
        this.sent.push(number);
        return Promise.resolve(response);
      };
      const arrival: Arrival = { call, config, reserved: false, send };
      const ended = this.gate.enter(arrival).then(
        () => 'sent',
        (error: unknown) => (isHoldfastError(error, 'ERR_THROTTLED') ? 'refused' : 'canceled'),
      );
      this.ended.push(ended);
    }
  }
}

const inOrder = Array.from({ length: MANY }, (_, number) => number);

describe('10,000 calls that wait at one gate', () => {
  it('come, and are all sent, in order, at a few steps of work each', async () => {
    const crowd = new Crowd(1_000);
    crowd.comes(MANY);
    // Its clock twice, and once for what it was told: no timer for each.
    expect(worked).toBeLessThan(3 * MANY + 10);
    await time.runUntilSettled(Promise.all(crowd.ended));
    expect(crowd.sent).toEqual(inOrder);
    expect(worked).toBeLessThan(10 * MANY);
    expect(time.pending).toBe(0);
  });

  it('give up in any order, at a few steps of work each', async () => {
    const crowd = new Crowd(60_000);
    const givingUp = inOrder.map(() => new AbortController());
    for (const { signal } of givingUp) crowd.comes(1, signal);
    const before = worked;
    for (const step of [7, 3, 1]) {
      for (let at = MANY - 1; at >= 0; at -= step) givingUp[at]!.abort();
    }
    expect(new Set(await Promise.all(crowd.ended))).toEqual(new Set(['canceled']));
    expect(worked - before).toBeLessThan(5 * MANY);
    expect([crowd.sent.length, time.pending]).toEqual([0, 0]);
  });

  it('are refused together when the service names an instant that is too late for them', async () => {
    const crowd = new Crowd(1_000);
    crowd.comes(MANY, undefined, time.now() + 5_000);
    const before = worked;
    crowd.closure = { ...crowd.closure, until: time.now() + 6_000 };
    crowd.gate.heed(crowd.closure, time.now());
    expect(new Set(await Promise.all(crowd.ended))).toEqual(new Set(['refused']));
    expect(worked - before).toBeLessThan(10);
    expect(time.pending).toBe(0);
  });

  it('cost nothing while the service names later instants, again and again', () => {
    const crowd = new Crowd(1_000);
    crowd.comes(MANY);
    const before = worked;
    for (let ms = 2_000; ms < 102_000; ms += 100) {
      crowd.closure = { ...crowd.closure, until: time.now() + ms };
      crowd.gate.heed(crowd.closure, time.now());
    }
    expect(worked - before).toBeLessThan(10);
    expect(time.pending).toBe(1);
  });

  it('a thousand probes that never get an answer make way for each other', async () => {
    const crowd = new Crowd(1_000, { probeTimeoutMs: 100 });
    const hung = { headers: new AxiosHeaders() };
    const send = () => new Promise<AxiosResponse>(() => undefined);
    for (let made = 0; made < 1_000; made += 1)
      void crowd.gate.enter({ call: new CurrentCall(), config: hung, reserved: false, send });
    crowd.comes(1);
    expect(await time.runUntilSettled(crowd.ended[0]!)).toBe('sent');
    expect(time.now() - crowd.closure.until).toBe(100_000);
    expect(worked).toBeLessThan(10_000);
  });
});

describe('WaitingLine, of 10,000', () => {
  it('reads no deadline while none can be over', () => {
    const line = new WaitingLine<number>();
    let looked = 0;
    const places = inOrder.map((one) => {
      const place = line.join(one, 1_000 + one);
      Object.defineProperty(place, 'deadlineAt', {
        get: () => {
          looked += 1;
          return 1_000 + one;
        },
      });
      return place;
    });
    for (let now = 0; now < 1_000; now += 1) expect(line.overBy(now)).toEqual([]);
    expect(looked).toBe(0);
    expect(line.overBy(1_001)).toEqual([0, 1]);
    for (const place of places) line.leave(place);
    expect([line.size, line.first, line.last]).toEqual([0, undefined, undefined]);
  });
});

describe('20,000 keys that are closed and never used again', () => {
  it('are looked at a few times each, to make room, whoever waits at others', () => {
    const gates = new Gates(rules(), new MemoryStore(clock, 1_000));
    const close = (key: string) => gates.close(key, 'orders', time.now() + 1_000, time.now());
    const config = { headers: new AxiosHeaders() };
    const send = () => new Promise<AxiosResponse>(() => undefined);
    for (let key = 0; key < 1_000; key += 1)
      void close(`waiting ${key}`)?.enter({ call: new CurrentCall(), config, reserved: false, send });
    const looked = jest.spyOn(Gate.prototype, 'isIdle', 'get');
    for (let key = 0; key < 2 * MANY; key += 1) close(String(key));
    expect(gates.size).toBeLessThanOrEqual(MANY);
    expect(gates.of('waiting 0', 'orders')?.isIdle).toBe(false);
    expect(looked.mock.calls.length).toBeLessThan(3 * MANY);
    looked.mockRestore();
  });
});
