import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { SocketServer } from './made-transports.js';

/** A program that makes calls, leaves its connections idle, and closes nothing. */
const PROGRAM = `
  import { createServiceClient } from '@holdfast/client';

  const [baseURL, httpVersion] = process.argv.slice(1);
  const client = createServiceClient({
    ...{ name: 'orders', baseURL, credential: false },
    agent: { idleMs: 600_000 },
    axios: { httpVersion: Number(httpVersion) },
  });
  const calls = await Promise.all([client.get('/1'), client.get('/2')]);
  console.log(calls.map(({ status }) => status).join());
`;

let server: SocketServer;

afterEach(() => {
  server.close();
});

it.each<['http' | 'http2', number, number]>([
  ['http', 1, 2],
  // axios ends a session when it was idle for a second.
  ['http2', 2, 1],
])(
  'a program ends while its connections by %s are idle',
  async (protocol, version, connections) => {
    server = await SocketServer.start([], protocol);
    const flags = ['--conditions=@holdfast/source', '--import=tsx', '--input-type=module', '--eval', PROGRAM];
    const child = spawn(process.execPath, [...flags, server.url, String(version)], {
      cwd: join(__dirname, '..'),
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 30_000,
    });
    try {
      let printed = '';
      child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
      const exitCode = await new Promise((resolve) => child.once('close', resolve));
      expect({ printed, exitCode }).toEqual({ printed: '200,200\n', exitCode: 0 });
      expect(server.connections).toBe(connections);
    } finally {
      child.kill();
    }
  },
  60_000,
);
