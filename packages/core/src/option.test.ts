import {
  accepted,
  count,
  flag,
  func,
  having,
  limit,
  milliseconds,
  quotable,
  ratio,
  readOptions,
  required,
  type Clock,
} from './index.js';

const schemas = {
  retries: count(3),
  share: ratio(0.1),
  baseDelayMs: milliseconds(200),
  deadlineMs: limit(30_000),
  quiet: flag(false),
  random: func<() => number>(Math.random),
  clock: having<Clock>(['now', 'setTimeout'], {
    now: () => 0,
    setTimeout: () => ({ cancel() {}, unref() {} }),
  }),
};

describe('readOptions', () => {
  it('fills in what was not given, also where undefined was', () => {
    expect(readOptions('retry', schemas, { retries: 0, share: undefined, deadlineMs: false })).toMatchObject({
      retries: 0,
      share: 0.1,
      baseDelayMs: 200,
      deadlineMs: false,
      quiet: false,
      random: Math.random,
    });
  });

  it.each(['__proto__', 'constructor', 'toString'])('says so where there is no option "%s"', (name) => {
    const given = JSON.parse(`{"${name}":"a-secret"}`) as object;
    expect(() => readOptions('retry', schemas, given)).toThrow(
      `retry(): there is no option "${name}"; there are retries, share,`,
    );
  });

  it.each([
    [{ retries: -1 }, 'retry(): the option "retries" must be a whole number, 0 or more, and is -1'],
    [{ retries: 1.5 }, 'retry(): the option "retries" must be a whole number, 0 or more, and is 1.5'],
    [{ share: 2 }, 'retry(): the option "share" must be a number from 0 to 1, and is 2'],
    [
      { baseDelayMs: Infinity },
      'retry(): the option "baseDelayMs" must be a number of milliseconds, 0 or more, and is Infinity',
    ],
    [
      { deadlineMs: 0 },
      'retry(): the option "deadlineMs" must be a number of milliseconds above 0, up to 2147483647, or false, and is 0',
    ],
    [
      { deadlineMs: true },
      'retry(): the option "deadlineMs" must be a number of milliseconds above 0, up to 2147483647, or false, and is true',
    ],
    [{ quiet: null }, 'retry(): the option "quiet" must be true or false, and is null'],
    [{ random: 4 }, 'retry(): the option "random" must be a function, and is 4'],
    [
      { clock: {} },
      'retry(): the option "clock" must be an object with now() and setTimeout(), and is an object',
    ],
  ])('names option, value and what is allowed: %j', (given, message) => {
    expect(() => readOptions('retry', schemas, given)).toThrow(new TypeError(message));
  });

  it('quotes a text only where nobody takes the option for the place of a secret, and only what may be shown of it', () => {
    const isHost = (value: unknown) => Array.isArray(value);
    const open = { hosts: quotable(accepted<readonly string[]>(isHost, 'hosts', [])) };
    const said = (hosts: unknown) => () => readOptions('retry', open, { hosts });
    const begins = 'retry(): the option "hosts" must be hosts, and is ';
    expect(said('https://x.test/a?key=secret#part')).toThrow(new TypeError(`${begins}"https://x.test/a"`));
    expect(said('https://me:secret@x.test')).toThrow(new TypeError(`${begins}a string`));
    expect(said('x'.repeat(1_000))).toThrow(new TypeError(`${begins}"${'x'.repeat(100)}"`));
    expect(said('')).toThrow(new TypeError(`${begins}an empty string`));
    expect(said({ a: 'secret' })).toThrow(new TypeError(`${begins}an object`));
    const closed = { hosts: accepted<readonly string[]>(isHost, 'hosts', []) };
    expect(() => readOptions('retry', closed, { hosts: 'secret' })).toThrow(
      new TypeError(`${begins}a string`),
    );
  });

  it('names an option that does not exist, and those that do', () => {
    expect(() => readOptions('retry', schemas, { retires: 3 })).toThrow(
      'retry(): there is no option "retires"; there are retries, share, baseDelayMs, deadlineMs, quiet, random, clock',
    );
  });

  it.each([
    [null, 'null'],
    [5, '5'],
    ['x', 'a string'],
  ])('refuses %j in the place of options', (given, shown) => {
    expect(() => readOptions('retry', schemas, given)).toThrow(
      `retry(): the options must be an object, and are ${shown}`,
    );
  });

  it('never repeats a text: it could be a secret', () => {
    expect(() => readOptions('retry', schemas, { retries: 'hunter2' })).toThrow(/and is a string$/);
  });
});

describe('what readOptions gives', () => {
  it('has the type of each option, `undefined` where that is the default', () => {
    const id = accepted<string | undefined>(() => true, 'anything', undefined);
    const name = required<'a' | 'b'>(() => true, 'a or b');
    const options = readOptions('f', { size: count(1), limitMs: limit(false), id, name }, { name: 'a' });
    interface Expected {
      readonly size: number;
      readonly limitMs: number | false;
      readonly id: string | undefined;
      readonly name: 'a' | 'b';
    }
    const expected: Expected = options;
    const same: typeof options = expected;
    expect(same).toEqual({ size: 1, limitMs: false, id: undefined, name: 'a' });
  });
});
