import { PassThrough, Readable } from 'node:stream';
import { systemClock } from '@holdfast/core';
import { manualClock, type ManualClock } from './index.js';

describe('manualClock()', () => {
  let clock: ManualClock;
  beforeEach(() => {
    clock = manualClock();
  });
  afterEach(() => {
    clock.uninstall();
  });

  it('stands still until it is told to go on', async () => {
    const ran = jest.fn();
    clock.setTimeout(ran, 1000);

    await clock.advance(999);
    expect(ran).not.toHaveBeenCalled();
    expect(clock.pending).toBe(1);

    await clock.advance(1);
    expect(ran).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
    expect(clock.now()).toBe(Date.UTC(2025, 0, 1) + 1000);
  });

  it('takes the global timers and Date along', async () => {
    const ran: string[] = [];
    setTimeout(() => ran.push('global'), 20);
    systemClock.setTimeout(() => ran.push('system clock'), 10);
    clock.setTimeout(() => ran.push('own'), 30);

    await clock.advance(30);

    expect(ran).toEqual(['system clock', 'global', 'own']);
    expect(Date.now()).toBe(clock.now());
  });

  it('leaves the event loop and the stopwatch alone, so that sockets and promises work', () => {
    expect([setImmediate, queueMicrotask].map((one) => 'clock' in one)).toEqual([false, false]);
    expect(performance.now()).toBeLessThan(Date.UTC(2025, 0, 1));
  });

  it('lets long promise chains end before the next timer runs', async () => {
    const order: string[] = [];
    clock.setTimeout(() => {
      void chain(50).then(() => {
        order.push('chain');
        clock.setTimeout(() => order.push('timer of the chain'), 10);
      });
    }, 10);
    clock.setTimeout(() => order.push('later timer'), 25);

    await clock.advance(30);

    expect(order).toEqual(['chain', 'timer of the chain', 'later timer']);
  });

  it('starts the timers of what was under way before time moves', async () => {
    const ran = jest.fn();
    void turns(10).then(() => clock.setTimeout(ran, 100));

    await clock.advance(100);

    expect(ran).toHaveBeenCalledTimes(1);
  });

  it('counts apart the timers that keep a process alive', async () => {
    clock.setTimeout(() => undefined, 10).unref();
    clock.setTimeout(() => undefined, 10).cancel();
    clock.setTimeout(() => undefined, 10);
    expect([clock.pending, clock.pendingRef]).toEqual([2, 1]);

    await clock.advance(10);
    expect([clock.pending, clock.pendingRef]).toEqual([0, 0]);
  });

  it('lets every wait of a promise pass at once', async () => {
    const hour = 3_600_000;
    const waits = async () => {
      for (let i = 0; i < 48; i += 1) await new Promise((resolve) => setTimeout(resolve, hour));
      return 'done';
    };
    const start = clock.now();

    await expect(clock.runUntilSettled(waits())).resolves.toBe('done');
    expect(clock.now()).toBe(start + 48 * hour);
    await expect(clock.runUntilSettled(Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  });

  it('says so when nothing is left that could settle the promise', async () => {
    await expect(clock.runUntilSettled(new Promise(() => undefined))).rejects.toThrow(/no timer is left/);
  });

  it('does not run a time limit while streams are at work', async () => {
    const limit = jest.fn();
    clock.setTimeout(limit, 10_000);
    const read = async () => {
      await turns(10);
      let text = '';
      for await (const chunk of Readable.from(['a', 'b', 'c']).pipe(new PassThrough())) text += String(chunk);
      return text;
    };

    expect(await clock.runUntilSettled(read())).toBe('abc');
    expect(limit).not.toHaveBeenCalled();
  });

  it('gives the globals back when it is disposed of', () => {
    clock.uninstall();
    const real = setTimeout;
    {
      using inner = manualClock({ now: 5 });
      expect([inner.now(), Date.now()]).toEqual([5, 5]);
      expect(setTimeout).not.toBe(real);
    }
    expect(setTimeout).toBe(real);
    expect(Date.now()).toBeGreaterThan(Date.UTC(2025, 0, 1));
  });

  it('leaves the globals alone when it is told to', async () => {
    clock.uninstall();
    const real = setTimeout;
    const own = manualClock({ fakeGlobals: false, now: 0 });
    const ran = jest.fn();
    own.setTimeout(ran, 10);
    expect(setTimeout).toBe(real);

    await own.advance(10);
    expect(ran).toHaveBeenCalledTimes(1);
    expect(own.now()).toBe(10);
  });

  it('names an option that is wrong', () => {
    expect(() => manualClock({ now: Number.NaN })).toThrow('manualClock(): the option "now"');
  });
});

async function chain(links: number): Promise<void> {
  for (let link = 0; link < links; link += 1) await Promise.resolve();
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
