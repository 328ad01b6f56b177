import { runStorm } from './run-storm.js';
import { stormSetting } from './settings.js';
import { strategies } from './strategies.js';

/** Short, and all that can happen happens in it. */
const brief = { capacityPerSecond: 40, queueLength: 80, clients: 4, beforeS: 1, outageS: 2, afterS: 6 };

const short = (['unavailable-told', 'slow'] as const).map((fault) => stormSetting(fault, 0.9, brief));
const all = Object.values(strategies);

describe('a simulated storm', () => {
  it('repeats itself bit for bit, and is another by another seed', async () => {
    const [setting] = short;
    for (const strategy of [strategies['holdfast'], strategies['axios-retry-opossum']]) {
      if (strategy === undefined || setting === undefined) throw new Error('there is none');
      const once = await runStorm(strategy, setting, 1);

      expect(await runStorm(strategy, setting, 1)).toEqual(once);
      expect((await runStorm(strategy, setting, 2)).seconds).not.toEqual(once.seconds);
    }
  });

  it('hands every strategy the same calls', async () => {
    const calls = new Set<string>();
    for (const strategy of all)
      for (const setting of short) {
        const { seconds } = await runStorm(strategy, setting, 1);
        calls.add(seconds.map((second) => second.calls).join());
      }

    expect(calls.size).toBe(1);
  });

  it.each(all.map((strategy) => [strategy.name, strategy] as const))(
    '%s: one turn of the event loop after each event is enough: with three all is the same',
    async (_, strategy) => {
      for (const setting of short)
        expect(await runStorm(strategy, setting, 1, { turns: 3 })).toEqual(
          await runStorm(strategy, setting, 1),
        );
    },
  );

  it('gives the global timers, the date and chance back, also when a client cannot be made', async () => {
    const [setting] = short;
    if (setting === undefined) throw new Error('there is none');
    const before = [setTimeout, clearTimeout, setInterval, clearInterval, Date, Math.random];
    const broken = {
      name: 'broken',
      client: () => {
        throw new TypeError('no such client');
      },
    };

    await expect(runStorm(broken, setting, 1)).rejects.toThrow('no such client');
    expect([setTimeout, clearTimeout, setInterval, clearInterval, Date, Math.random]).toEqual(before);
  });

  it('two cannot be played at once: they would share their time', async () => {
    const [setting] = short;
    const [strategy] = all;
    if (setting === undefined || strategy === undefined) throw new Error('there is none');
    const one = runStorm(strategy, setting, 1);

    await expect(runStorm(strategy, setting, 1)).rejects.toThrow(TypeError);
    await one;
  });
});
