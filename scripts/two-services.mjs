// How long the calls to one service take before and while another one of the same process is dead, over real connections on
// loopback, by the built packages. The servers run in a thread of their own.
//   npm run build
//   node scripts/two-services.mjs
// Times are for the eye: a busy machine changes them by more than any dead service does. What is answered does not change.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';

const PER_SECOND = 100;
const SECONDS = 3;
const DEATHS = ['answers 500', 'hangs', 'drips', 'refuses connections'];

if (isMainThread) await measure();
else await serve();

/** Two services: one that answers, and one that does as it is told. */
async function serve() {
  let death = 'none';
  const healthy = createServer((_request, response) => response.end('{"id":7}'));
  const dying = createServer((_request, response) => {
    if (death === 'none') response.end('{"id":7}');
    else if (death === 'answers 500') response.writeHead(500).end();
    else if (death === 'drips') {
      const drip = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(drip));
    }
  });
  const listen = (server, port = 0) =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server.address().port)));
  const ports = [await listen(healthy), await listen(dying)];
  parentPort.postMessage(ports);
  parentPort.on('message', async (next) => {
    if (next === 'refuses connections') {
      dying.closeAllConnections();
      await new Promise((resolve) => dying.close(resolve));
    } else if (death === 'refuses connections') await listen(dying, ports[1]);
    else if (next === 'none') dying.closeAllConnections();
    death = next;
    parentPort.postMessage('done');
  });
}

async function measure() {
  const require = createRequire(new URL('../packages/client/package.json', import.meta.url));
  const { createServiceClient } = require('@holdfast/client');
  const server = new Worker(new URL(import.meta.url));
  const heard = () => new Promise((resolve) => server.once('message', resolve));
  const [healthyPort, dyingPort] = await heard();
  const clientOf = (name, port) =>
    createServiceClient({
      name,
      baseURL: `http://127.0.0.1:${port}`,
      credential: false,
      attemptTimeoutMs: 500,
      deadlineMs: 2_000,
    });
  const become = (death) => {
    server.postMessage(death);
    return heard();
  };

  /** Calls both for some seconds, at a steady rate, and times the one. */
  async function round(billing, orders) {
    const times = [];
    const came = { billing: 0, failed: 0, orders: 0 };
    const calls = [];
    const startedAt = performance.now();
    for (let call = 0; call < PER_SECOND * SECONDS; call += 1) {
      await pause(Math.max(0, startedAt + (call * 1_000) / PER_SECOND - performance.now()));
      const sentAt = performance.now();
      const isTimed = () => {
        times.push(performance.now() - sentAt);
        came.billing += 1;
      };
      calls.push(billing.get('/').then(isTimed, () => (came.failed += 1)));
      calls.push(
        orders.get('/').then(
          () => (came.orders += 1),
          () => undefined,
        ),
      );
    }
    await Promise.all(calls);
    times.sort((a, b) => a - b);
    const at = (share) => Number(times[Math.floor(share * times.length)].toFixed(2));
    return { ...came, medianMs: at(0.5), worstOfHundredMs: at(0.99) };
  }

  const rows = [];
  for (const death of DEATHS) {
    const [billing, orders] = [clientOf('billing', healthyPort), clientOf('orders', dyingPort)];
    await round(billing, orders);
    const before = await round(billing, orders);
    await become(death);
    const meanwhile = await round(billing, orders);
    await become('none');
    rows.push({
      'the other': death,
      'of so many calls': PER_SECOND * SECONDS,
      answered: meanwhile.billing,
      "the other's answered": meanwhile.orders,
      'median, ms': `${before.medianMs} -> ${meanwhile.medianMs}`,
      '99th of 100, ms': `${before.worstOfHundredMs} -> ${meanwhile.worstOfHundredMs}`,
    });
  }
  console.table(rows);
  await server.terminate();
}
