import { startManagedIdentityEndpoint } from '@holdfast/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

describe('a process in an App Service', () => {
  it('has a token for each of its identities by one request each, and ends when it is done', async () => {
    const clientId = '11111111-1111-4111-8111-111111111111';
    await using endpoint = await startManagedIdentityEndpoint({
      source: 'app-service',
      userAssigned: [{ clientId }],
    });
    const child = spawn(
      process.execPath,
      [
        '--conditions=@holdfast/source',
        '--import=tsx',
        join(__dirname, 'managed-identity.mjs'),
        clientId,
        'api://orders/.default',
      ],
      { cwd: join(__dirname, '..'), env: { PATH: process.env['PATH'], ...endpoint.env }, timeout: 220_000 },
    );
    const [output, errors] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    expect(errors).toBe('');
    const tokens = JSON.parse(output) as string[];
    const clients = await Promise.all(tokens.map(async (token) => (await endpoint.verify(token)).azp));
    expect(clients).toEqual(['5d1c5a8e-3b7f-4f52-9f0e-0c9a6b2d7e10', clientId]);
    expect(endpoint.requests).toHaveLength(2);
  }, 240_000);
});
