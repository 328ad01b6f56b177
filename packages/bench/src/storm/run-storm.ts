import { arrivals } from './arrivals.js';
import { chanceOf } from './chance.js';
import { Metrics } from './metrics.js';
import { serverAdapter } from './server-adapter.js';
import { ServerModel } from './server-model.js';
import { simulate, type Simulation, type SimulationOptions } from './simulation.js';
import type { StormResult, StormSetting } from './storm-result.js';
import type { Strategy } from './strategy.js';

/** No such host: nothing is sent anywhere. */
const BASE_URL = 'https://storm.example';

/** Plays one outage to its end, in simulated time. The same seed gives the same result, bit for bit. */
export function runStorm(
  strategy: Strategy,
  setting: StormSetting,
  seed: number,
  options?: SimulationOptions,
): Promise<StormResult> {
  return simulate(seed, (simulation) => play(strategy, setting, seed, simulation), options);
}

async function play(
  strategy: Strategy,
  setting: StormSetting,
  seed: number,
  { clock, run }: Simulation,
): Promise<StormResult> {
  const { beforeS, outageS, afterS, capacityPerSecond, load, timeoutMs } = setting;
  const startedAt = clock.now();
  const sinceStart = (): number => clock.now() - startedAt;
  const metrics = new Metrics(setting);
  const server = new ServerModel(setting, clock, startedAt + beforeS * 1_000);
  const adapter = serverAdapter((answer) => {
    metrics.requested(sinceStart());
    server.request(answer);
  }, clock);
  const stage = { baseURL: BASE_URL, adapter, clock, random: Math.random, timeoutMs };
  const clients = Array.from({ length: setting.clients }, () => strategy.client(stage));

  const endsAfterMs = (beforeS + outageS + afterS) * 1_000;
  // The same calls for every strategy, however much chance the strategy needs.
  const calls = arrivals(load * capacityPerSecond, clients.length, chanceOf(-seed));
  let underWay = 0;
  let isClosed = false;
  const expect = (): void => {
    const { atMs, client } = calls.next().value;
    if (atMs >= endsAfterMs) isClosed = true;
    else
      clock.setTimeout(
        () => {
          expect();
          call(client);
        },
        Math.floor(atMs) - sinceStart(),
      );
  };
  const call = (client: number): void => {
    const calledAtMs = sinceStart();
    metrics.called(calledAtMs);
    underWay += 1;
    const end = (): void => {
      underWay -= 1;
    };
    clients[client]?.get('/').then(() => {
      metrics.succeeded(calledAtMs);
      end();
    }, end);
  };
  expect();
  await run(() => isClosed && underWay === 0);
  return metrics.result(strategy.name, seed);
}
