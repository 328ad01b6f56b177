import { Consumer, MODES, expected, type TypeScript } from './consumer.js';

describe('what is published, on the oldest axios and beside a dependency with the newest', () => {
  let consumer: Consumer;
  beforeAll(() => {
    consumer = new Consumer('axios-oldest', 'axios');
  });

  it.each<[TypeScript, keyof typeof MODES]>([
    ['typescript-5.4', 'for a bundler'],
    ['typescript', 'as ES modules and CommonJS, nodenext'],
    ['typescript-7', 'for a bundler'],
  ])(
    'type-checks with %s %s',
    (typescript, mode) => {
      expect(consumer.compile(typescript, MODES[mode])).toEqual({ status: 0, output: '' });
    },
    120_000,
  );

  it('runs as an ES module and as CommonJS, and keeps a client of the other axios alive', () => {
    const mode = MODES['as ES modules and CommonJS, nodenext'];
    expect(consumer.compile('typescript-7', mode, 'out')).toEqual({ status: 0, output: '' });
    expect(consumer.run('out/app.mjs')).toEqual(expected('axios-oldest', 'axios'));
    expect(consumer.run('out/app.cjs')).toEqual(expected('axios-oldest', 'axios'));
  }, 60_000);
});
