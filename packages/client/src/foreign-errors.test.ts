import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { errorsOfForeignClients, type Failing, type ToldByError } from './made-foreign-errors.js';

type Errors = Readonly<Record<string, Record<Failing, ToldByError>>>;

/** As CommonJS, and in a process of its own as ES modules, where the clients, which are CommonJS, see another axios than ours. */
const FORMATS: Readonly<Record<string, () => Promise<Errors>>> = {
  // What JSON has no word for is left out there as well.
  CommonJS: async () => JSON.parse(JSON.stringify(await errorsOfForeignClients())) as Errors,
  'ES modules': async () => {
    const child = fork(join(__dirname, 'peer-foreign-errors.mjs'), [], {
      cwd: join(__dirname, '..'),
      execArgv: ['--conditions=@holdfast/source', '--import=tsx'],
      silent: true,
      timeout: 110_000,
    });
    const [output, complaint] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, 'close'),
    ]);
    expect(complaint).toBe('');
    return JSON.parse(output) as Errors;
  },
};

/** An AxiosError as anybody knows it. */
const ours = { isAxiosError: true, isInstance: true, isHoldfastError: false, sends: 1 };
/** Another error made in its place. */
const theirs = { isAxiosError: false, isInstance: false, isHoldfastError: false };
const circuitOpen = {
  name: 'CircuitOpenError',
  code: 'ERR_CIRCUIT_OPEN',
  isAxiosError: true,
  isInstance: true,
  isHoldfastError: true,
  retryAfterMs: expect.any(Number),
  sends: 0,
};
const refused = { ...ours, code: 'ECONNREFUSED', name: expect.any(String) };

describe.each(Object.keys(FORMATS))('the errors that users get, in %s:', (format) => {
  let errors: Errors;
  beforeAll(async () => {
    errors = await FORMATS[format]!();
  }, 120_000);

  it('@ory/client hands on those of axios and of the pipeline as they are', () => {
    const answered = { ...ours, name: 'AxiosError', code: 'ERR_BAD_REQUEST' };
    expect(errors['@ory/client']).toEqual({
      'it says no': { ...answered, status: 404 },
      'it throttles': { ...answered, status: 429, retryAfterMs: 7_000 },
      'nobody listens': refused,
      'its circuit is open': circuitOpen,
    });
  });

  it('soap makes an error of an answer that it can read no result in, with the response; others it hands on', () => {
    expect(errors['soap']).toEqual({
      'it says no': { ...theirs, name: 'Error', status: 500, sends: 1 },
      // That answer is no XML, and what it is rejected with no Error.
      'it throttles': { ...theirs, name: 'none', status: 429, sends: 1 },
      'nobody listens': refused,
      'its circuit is open': circuitOpen,
    });
  });

  it('feathers makes errors of its own of all, without a response; a refusal keeps its code and when to come back', () => {
    const { sends, ...refusal } = circuitOpen;
    expect(errors['@feathersjs/rest-client']).toEqual({
      'it says no': { ...theirs, name: 'NotFound', code: 404 },
      'it throttles': { ...theirs, name: 'Error' },
      'nobody listens': { ...theirs, name: 'Unavailable', code: 503 },
      'its circuit is open': { ...refusal, isInstance: false },
    });
    expect(sends).toBe(0);
  });
});
