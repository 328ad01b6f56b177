// What is around a send, by each stack: microseconds of CPU for each call over a send that does nothing, less those of that send. Axios
// is left out: only what the stack has put into its client runs, or around it, but for asynchronous interceptors (the token's).
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios';
import { cpuOf } from '../measuring/rounds.js';
import { commandLine } from './command-line.js';
import { Rounds } from './figures.js';
import { inMemory } from './place.js';
import { PATH, type Layer, type Stack } from './stack.js';
import { stacksOf } from './stacks.js';
import { msalTokens } from './tokens.js';

type Handler = (config: InternalAxiosRequestConfig) => InternalAxiosRequestConfig;

/** The layer, from where axios would come to it. The request is the same for every call. */
async function throughLayer({ client, around }: Layer): Promise<Stack['call']> {
  const { config } = await client.get(PATH);
  const first = client.interceptors.request.handlers?.find(({ synchronous }) => synchronous);
  const take = (first?.fulfilled ?? ((request) => request)) as Handler;
  const send = (): Promise<unknown> => {
    const request = take(config);
    return (request.adapter as AxiosAdapter)(request);
  };
  return around === undefined ? send : () => around(send);
}

const { quick, names } = commandLine();
const stacks = stacksOf(names, inMemory(await msalTokens()));
const layers = new Map<(typeof names)[number], Stack>();
for (const [name, { layer }] of stacks)
  if (layer !== undefined) layers.set(name, { call: await throughLayer(layer) });

const lengths = quick ? { rounds: 3, warmUp: 1 } : { rounds: 101, warmUp: 30 };
const rounds = await Rounds.of(layers, (call) => cpuOf(call, quick ? 20 : 1_000), lengths);
console.log(JSON.stringify(rounds.differences()));
for (const { close } of stacks.values()) close?.();
