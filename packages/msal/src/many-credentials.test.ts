import { executionAsyncResource } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { clientCredential } from './index.js';
import { MadeProvider } from './made-provider.js';

const TOKEN = { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' };

/** What Node hands on from every asynchronous step to the next: up to Node 22 one member for each AsyncLocalStorage in use. */
const handedOn = async (): Promise<number> => {
  await Promise.resolve();
  return Object.getOwnPropertySymbols(executionAsyncResource()).length;
};

it('credentials, however many there are, do not make every promise of the process dearer', async () => {
  await using provider = await MadeProvider.answering(200, TOKEN);
  const acquire = () => clientCredential(provider.app).getToken('api://orders/.default');
  await acquire();
  const withOne = await handedOn();
  for (let number = 0; number < 20; number += 1) await acquire();
  expect(await handedOn()).toBe(withOne);
});

it('what Node hands on from step to step while a token is asked for shows no secret', async () => {
  await using provider = await MadeProvider.answering(200, TOKEN);
  const steps: string[] = [];
  const look = () => steps.push(inspect(executionAsyncResource(), { depth: 8, showHidden: true }));
  subscribe('http.client.request.start', look);
  await clientCredential(provider.app).getToken('api://orders/.default');
  unsubscribe('http.client.request.start', look);
  expect(steps).not.toEqual([]);
  expect(steps.join('\n')).not.toContain(provider.app.clientSecret);
});
