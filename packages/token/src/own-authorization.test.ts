import axios from 'axios';
import { install, subscribe } from '@holdfast/core';
import { scriptedTransport, staticCredential } from '@holdfast/testing';
import { attachToken } from './index.js';

it('a header of the caller’s own is warned about once for each client, also where two share one pipeline', async () => {
  const told: unknown[] = [];
  const off = subscribe('holdfast:warning', ({ code, service }) => told.push([code, service]));
  try {
    const pipeline = [attachToken(staticCredential('t-1'), { scopes: 's' })];
    for (const baseURL of ['https://orders.test', 'https://files.test']) {
      const { adapter } = scriptedTransport(() => ({ status: 200 }));
      const client = axios.create({ baseURL, adapter });
      install(client, pipeline);
      for (let call = 0; call < 3; call += 1)
        await client.get('/7', { headers: { Authorization: 'Bearer mine' } });
    }
  } finally {
    off();
  }
  expect(told).toEqual([
    ['OWN_AUTHORIZATION', 'https://orders.test'],
    ['OWN_AUTHORIZATION', 'https://files.test'],
  ]);
});
