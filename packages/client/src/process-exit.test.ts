import { spawn } from 'node:child_process';
import { join } from 'node:path';

/**
 * What a small program does: calls that succeed, are retried, throttled and refused, a token that is refreshed ahead by a
 * source that does not answer, a call that nobody waits for. Then it ends; nothing tells it to.
 */
const PROGRAM = `
  import { createServer } from 'node:http';
  import { once } from 'node:events';
  import { createServiceClient } from '@holdfast/client';

  const server = createServer((request, response) => {
    if (request.url === '/throttled') response.writeHead(429, { 'retry-after': '60' }).end();
    else response.writeHead(request.url === '/failing' ? 500 : 200).end('ok');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseURL = 'http://127.0.0.1:' + server.address().port;

  let asked = 0;
  const credential = {
    getToken: async () => {
      asked += 1;
      if (asked > 1) return new Promise(() => undefined);
      return { token: 't', expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
  const options = { name: 'orders', baseURL, scopes: 's', credential };
  const orders = createServiceClient({ ...options, retry: { baseDelayMs: 1 } });
  const throttled = createServiceClient({ ...options, credential: false });
  const code = (error) => error.code;

  const { status } = await orders.get('/7');
  // Three minutes before the token expires.
  const { now } = Date;
  Date.now = () => now() + 57 * 60_000;
  for (let call = 0; call < 3; call += 1) await orders.get('/7');
  for (let call = 0; call < 40; call += 1) await orders.get('/failing', { holdfast: { retry: false } }).catch(code);
  const open = await orders.get('/7').catch(code);
  await throttled.get('/throttled', { holdfast: { retry: false } }).catch(code);
  const closed = await throttled.get('/7', { holdfast: { deadlineMs: 1_000 } }).catch(code);

  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  await new Promise((resolve) => setImmediate(resolve));
  const left = process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name === 'Immediate');
  console.log(JSON.stringify({ status, open, closed, asked, left }));
  // Something is left: what, is told already.
  if (left.length > 0) process.exit(1);
`;

it('a program whose calls have all ended ends by itself, with a circuit open, a gate closed and a refresh under way', async () => {
  const flags = ['--conditions=@holdfast/source', '--import=tsx', '--input-type=module', '--eval', PROGRAM];
  const child = spawn(process.execPath, flags, {
    cwd: join(__dirname, '..'),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  try {
    let printed = '';
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    const exitCode = await new Promise((resolve) => child.once('close', resolve));
    expect(complaint).toBe('');
    expect(JSON.parse(printed)).toEqual({
      status: 200,
      open: 'ERR_CIRCUIT_OPEN',
      closed: 'ERR_THROTTLED',
      asked: 2,
      left: [],
    });
    expect(exitCode).toBe(0);
  } finally {
    child.kill();
  }
}, 60_000);
