// How long the calls to one service take before and while another one of the same process is dead, over real connections on
// loopback. The servers run in a thread of their own.
//   node packages/bench/dist/esm/failures/two-services.js 3
// Times are for the eye: a busy machine changes them by more than any dead service does. What is answered does not change.
import { createServiceClient } from '@holdfast/client';
import type { AxiosInstance } from 'axios';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker, isMainThread, parentPort, type MessagePort } from 'node:worker_threads';

const PER_SECOND = 100;
const DEATHS = ['answers 500', 'hangs', 'drips', 'refuses connections'] as const;
type Death = (typeof DEATHS)[number] | 'none';

/** Of the calls to both, as many to each. */
export interface BesideDeadService {
  readonly death: string;
  readonly calls: number;
  readonly answered: number;
  readonly othersAnswered: number;
  readonly medianMs: number;
  readonly medianMsBefore: number;
  /** One of a hundred calls takes longer. */
  readonly slowestMs: number;
  readonly slowestMsBefore: number;
}

if (parentPort !== null && !isMainThread) await serve(parentPort);
else console.log(JSON.stringify(await measured(PER_SECOND * Number(process.argv[2] ?? 3))));

/** Two services: one that answers, and one that does as it is told. */
async function serve(told: MessagePort): Promise<void> {
  let death: Death = 'none';
  const healthy = createServer((_request, response) => response.end('{"id":7}'));
  const dying = createServer((_request, response) => {
    if (death === 'none') response.end('{"id":7}');
    else if (death === 'answers 500') response.writeHead(500).end();
    else if (death === 'drips') {
      const drip = setInterval(() => response.write(' '), 100);
      response.on('close', () => {
        clearInterval(drip);
      });
    }
  });
  const [healthyPort, dyingPort] = [await listen(healthy), await listen(dying)];
  const become = async (next: Death): Promise<void> => {
    if (next === 'refuses connections') {
      dying.closeAllConnections();
      await new Promise((resolve) => dying.close(resolve));
    } else if (death === 'refuses connections') await listen(dying, dyingPort);
    else if (next === 'none') dying.closeAllConnections();
    death = next;
    told.postMessage('done');
  };
  told.on('message', (next: Death) => void become(next));
  told.postMessage([healthyPort, dyingPort]);
}

function listen(server: Server, port = 0): Promise<number> {
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function clientOf(name: string, port: number): AxiosInstance {
  const baseURL = `http://127.0.0.1:${port}`;
  return createServiceClient({ name, baseURL, credential: false, attemptTimeoutMs: 500, deadlineMs: 2_000 });
}

/** Calls both at a steady rate, and times the one. */
async function round(healthy: AxiosInstance, dying: AxiosInstance, calls: number) {
  const times: number[] = [];
  let othersAnswered = 0;
  const all: Promise<unknown>[] = [];
  const startedAt = performance.now();
  for (let call = 0; call < calls; call += 1) {
    await pause(Math.max(0, startedAt + (call * 1_000) / PER_SECOND - performance.now()));
    const sentAt = performance.now();
    const timed = (): number => times.push(performance.now() - sentAt);
    const counted = (): number => (othersAnswered += 1);
    all.push(
      healthy.get('/').then(timed, () => undefined),
      dying.get('/').then(counted, () => undefined),
    );
  }
  await Promise.all(all);
  times.sort((a, b) => a - b);
  const at = (share: number): number => Number(times[Math.floor(share * times.length)]?.toFixed(2));
  return { answered: times.length, othersAnswered, medianMs: at(0.5), slowestMs: at(0.99) };
}

async function measured(calls: number): Promise<readonly BesideDeadService[]> {
  const server = new Worker(new URL(import.meta.url));
  const heard = (): Promise<unknown> => new Promise((resolve) => server.once('message', resolve));
  const [healthyPort, dyingPort] = (await heard()) as [number, number];
  const become = (death: Death): Promise<unknown> => {
    server.postMessage(death);
    return heard();
  };
  const rows: BesideDeadService[] = [];
  for (const death of DEATHS) {
    const clients = [clientOf('billing', healthyPort), clientOf('orders', dyingPort)] as const;
    await round(...clients, calls);
    const before = await round(...clients, calls);
    await become(death);
    const meanwhile = await round(...clients, calls);
    await become('none');
    rows.push({
      death,
      calls,
      ...meanwhile,
      medianMsBefore: before.medianMs,
      slowestMsBefore: before.slowestMs,
    });
  }
  await server.terminate();
  return rows;
}
