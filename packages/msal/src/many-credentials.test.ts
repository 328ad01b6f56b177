import { executionAsyncResource } from 'node:async_hooks';
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
