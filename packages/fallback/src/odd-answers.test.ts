import { InteractionRequiredError, callOf, type Interceptor } from '@holdfast/core';
import { retry } from '@holdfast/retry';
import type { Step } from '@holdfast/testing';
import { fallback, isFallback, type FallbackAnswer, type FallbackRespond } from './index.js';
import { stage, takeDown } from './made-stage.js';

afterEach(takeDown);

const throttled: Step = { status: 429 };

/** What a throttled caller gets from somebody who answers so. */
const answeredBy = (respond: FallbackRespond) =>
  stage([throttled], (clock) => [fallback(respond, { clock })]);

async function storyOf(respond: FallbackRespond) {
  const { client, failure } = answeredBy(respond);
  return callOf(await failure(client.get('/7')))?.attempts[0]?.decisions;
}

describe('an answer', () => {
  it.each([100, 599])('may have any status that a server has: %d', async (status) => {
    const { client, run } = answeredBy(() => ({ data: '', status }));
    await expect(run(client.get('/7'))).resolves.toHaveProperty('status', status);
  });

  it.each([99, 600, 200.5, NaN])(
    'with a status of %d is none: the caller gets the failure',
    async (status) => {
      expect(await storyOf(() => ({ data: '', status }))).toEqual([
        'no fallback: respond must return an object with "data", or undefined',
      ]);
    },
  );

  it('may be promised by what is no Promise of this realm', async () => {
    const then = (resolve: (answer: FallbackAnswer) => void) => {
      resolve({ data: 'later' });
    };
    const { client, run } = answeredBy(() => ({ then }) as Promise<FallbackAnswer>);
    await expect(run(client.get('/7'))).resolves.toHaveProperty('data', 'later');
  });

  it.each([undefined, null, 'the password is 1234'])(
    'is the failure when who should answer throws %p, which is no error',
    async (thrown) => {
      const throwing = () => {
        throw thrown;
      };
      expect(await storyOf(throwing)).toEqual(['no fallback: respond failed']);
    },
  );

  it.each(['password 1234', 'a'.repeat(51)])('leaves no name in the story that is none: %s', async (name) => {
    const throwing = () => {
      throw Object.assign(new Error('of respond'), { name });
    };
    expect(await storyOf(throwing)).toEqual(['no fallback: respond failed']);
  });
});

it('a failure that is nothing at all has a fallback where a function picks it', async () => {
  const failing: Interceptor = () => () => Promise.reject(undefined);
  const { client, run } = stage([], () => [fallback(() => ({ data: '' }), { on: () => true }), failing]);
  expect(isFallback(await run(client.get('/7')))).toBe(true);
});

it('a 500 has its fallback also when a user has to be asked before it can be sent again', async () => {
  const init = { service: 'login', scopes: ['api://orders/.default'], message: 'No token' };
  let sends = 0;
  const asking: Interceptor = (next) => (config) => {
    sends += 1;
    return sends === 1 ? next(config) : Promise.reject(new InteractionRequiredError(init));
  };
  const { client, run } = stage([{ status: 500 }], (clock) => [
    fallback(() => ({ data: '' }), { clock, on: ['unavailable'] }),
    retry({ clock, random: () => 0 }),
    asking,
  ]);
  expect(isFallback(await run(client.get('/7')))).toBe(true);
});
