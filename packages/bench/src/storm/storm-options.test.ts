import { SETTINGS } from './settings.js';
import { stormOptions } from './storm-options.js';
import { stormUsage } from './storm-usage.js';
import { strategies } from './strategies.js';

describe('the storm command, asked for nothing', () => {
  it('plays one outage by one seed, beside what people write', () => {
    const { config, services, against, settings, seeds } = stormOptions([]);
    expect({ config, services, against, seeds }).toEqual({
      config: undefined,
      services: [],
      against: ['no-retries', 'axios-retry', 'axios-retry-opossum'],
      seeds: [1],
    });
    expect(settings).toMatchObject([{ fault: 'unavailable', load: 0.7, outageS: 10 }]);
  });

  it('has clients that make as many calls as those of the measured outages', () => {
    const [usual] = stormOptions([]).settings;
    const perClient = SETTINGS.map(({ capacityPerSecond, clients }) => capacityPerSecond / clients);
    expect((usual?.capacityPerSecond ?? 0) / (usual?.clients ?? 0)).toBe(perClient[0]);
  });
});

it('each number of the service and of the outage can be said', () => {
  const args =
    '--fault hang --load 0.9 --capacity 200 --service-ms 25 --queue 0 --clients 7 --timeout-ms 500.5 --before 3 --outage 4 --after 5';
  expect(stormOptions(args.split(' ')).settings).toEqual([
    {
      fault: 'hang',
      load: 0.9,
      capacityPerSecond: 200,
      serviceMs: 25,
      queueLength: 0,
      clients: 7,
      timeoutMs: 500.5,
      beforeS: 3,
      outageS: 4,
      afterS: 5,
    },
  ]);
});

it('all faults are played one after the other, alike but for the fault', () => {
  const { settings } = stormOptions(['--fault', 'all', '--load', '0.9']);
  expect(settings.map(({ fault }) => fault)).toEqual(['unavailable', 'unavailable-told', 'hang', 'slow']);
  expect(settings.map(({ load }) => load)).toEqual([0.9, 0.9, 0.9, 0.9]);
});

it('what is said twice is played once', () => {
  const args =
    '--config a.json --service orders --service billing --service orders --seed 4 --seed 4 --against holdfast,holdfast';
  expect(stormOptions(args.split(' '))).toMatchObject({
    services: ['orders', 'billing'],
    seeds: [4],
    against: ['holdfast'],
  });
});

it('nothing need be played beside', () => {
  expect(stormOptions(['--against', 'none']).against).toEqual([]);
});

it.each([
  ['--load much', '--load must be a number from 0.01 to 2, and is "much"'],
  ['--load 0', '--load must be a number from 0.01 to 2, and is "0"'],
  ['--load=-1', '--load must be a number from 0.01 to 2, and is "-1"'],
  ['--load 1e-1', '--load must be a number from 0.01 to 2, and is "1e-1"'],
  ['--clients 2.5', '--clients must be a whole number from 1 to 10000, and is "2.5"'],
  ['--queue Infinity', '--queue must be a whole number from 0 to 1000000, and is "Infinity"'],
  ['--after 4', '--after must be a whole number from 5 to 3600, and is "4"'],
  ['--seed 0', '--seed must be a whole number from 1 to 2147483647, and is "0"'],
  ['--fault fire', '--fault must be one of unavailable, unavailable-told, hang, slow, all, and is "fire"'],
  [
    '--against got',
    `--against must be none, or of ${Object.keys(strategies).join(', ')}, split at commas, and has "got"`,
  ],
  [
    '--against toString',
    `--against must be none, or of ${Object.keys(strategies).join(', ')}, split at commas, and has "toString"`,
  ],
  ['--service orders', '--service says how --config is read: that is missing'],
  ['--env', '--env says how --config is read: that is missing'],
  ['--laod 0.7', "Unknown option '--laod'"],
  ['--load', "Option '--load <value>' argument missing"],
  ['services.json', "Unexpected argument 'services.json'. This command does not take positional arguments"],
])('%s is refused, and what is allowed is told', (line, message) => {
  expect(() => stormOptions(line.split(' '))).toThrow(
    expect.objectContaining({ name: 'UsageError', message }),
  );
});

it('a service that could answer a request and a half at a time is refused, with one that could', () => {
  const args = ['--capacity', '333'];
  expect(() => stormOptions(args)).toThrow(/makes 16\.65: --service-ms 51\.051 makes 17$/);
  expect(stormOptions([...args, '--service-ms', '51.051']).settings).toHaveLength(1);
  expect(() => stormOptions(['--capacity', '1'])).toThrow(/makes 0\.05: --service-ms 1000 makes 1$/);
});

it('the help has every option, every fault, every strategy, and what is usual', () => {
  const usage = stormUsage();
  const [usual] = stormOptions([]).settings;
  expect(usage).toContain('--timeout-ms <number>');
  expect(usage).toContain(`requests per second that the service can answer (${usual?.capacityPerSecond})`);
  for (const name of [...Object.keys(strategies), ...SETTINGS.map(({ fault }) => fault)])
    expect(usage).toContain(`${name}: `);
  const lines = usage.split('\n').filter((line) => line.length > 125);
  expect(lines).toEqual([]);
});
