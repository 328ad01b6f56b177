// An API on loopback in a process of its own, so that its work is not the client's: prints its address, and ends with its input.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((_, response) => {
  response.setHeader('content-type', 'application/json').end('{"id":7}');
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(`http://127.0.0.1:${port}`);
});
process.stdin.resume().once('end', () => process.exit());
