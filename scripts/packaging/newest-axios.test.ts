import { Consumer, MODES, expected, type TypeScript } from './consumer.js';

describe('what is published, beside a dependency with the oldest axios', () => {
  let consumer: Consumer;
  beforeAll(() => {
    consumer = new Consumer('axios', 'axios-oldest');
  });

  it.each<[TypeScript, keyof typeof MODES]>([
    ['typescript-5.4', 'as ES modules and CommonJS, nodenext'],
    ['typescript-5.4', 'as CommonJS that knows no `exports`'],
    ['typescript', 'as ES modules and CommonJS, nodenext'],
    ['typescript', 'for a bundler'],
    ['typescript-7', 'as ES modules and CommonJS, node16'],
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
    expect(consumer.run('out/app.mjs')).toEqual(expected('axios', 'axios-oldest'));
    expect(consumer.run('out/app.cjs')).toEqual(expected('axios', 'axios-oldest'));
  }, 60_000);

  it('lets a request ask of the packages that are there, and of no others', () => {
    consumer.write(
      'one.mts',
      `import axios from 'axios';
       import '@holdfast/timeout';
       await axios.get('/7', { holdfast: { deadlineMs: 1 } });
       // @ts-expect-error -- a member of a package that is not there
       await axios.get('/7', { holdfast: { deadlineMs: 1, retry: false } });`,
    );
    expect(consumer.compile('typescript-7', ['--module nodenext', 'one.mts'])).toEqual({
      status: 0,
      output: '',
    });
  }, 60_000);
});
