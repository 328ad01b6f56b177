import axios from 'axios';
import axiosRetry from 'axios-retry';
import { install, subscribe, type WarningEvent } from '@holdfast/core';
import { scriptedTransport } from '@holdfast/testing';
import { retry } from './index.js';

it('who left axios-retry on the client is warned once, as soon as he listens', async () => {
  const { adapter } = scriptedTransport(() => ({ status: 200 }));
  const [client, other] = [true, false].map((isRetriedOutside) => {
    const made = axios.create({ baseURL: 'https://orders.test', adapter });
    if (isRetriedOutside) axiosRetry(made);
    install(made, [retry()]);
    return made;
  });
  await client?.get('/unheard');
  const warnings: WarningEvent[] = [];
  const stop = subscribe('holdfast:warning', (event) => warnings.push(event));
  await other?.get('/7');
  expect(warnings).toEqual([]);
  await client?.get('/7');
  await client?.get('/7');
  stop();
  expect(warnings).toMatchObject([{ code: 'AXIOS_RETRY_OUTSIDE', service: 'https://orders.test' }]);
});
