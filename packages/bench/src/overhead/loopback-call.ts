// The CPU that a client spends on a call over HTTP on loopback, by each stack: its ratio to the first that is named, else to bare
// axios. All of them in one process, the server in another. Who waits is charged nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cpuOf } from '../measuring/rounds.js';
import { commandLine } from './command-line.js';
import { Rounds } from './figures.js';
import { overLoopback } from './place.js';
import { stacksOf } from './stacks.js';
import { msalTokens } from './tokens.js';

const { quick, names } = commandLine();
const path = fileURLToPath(new URL('loopback-server.js', import.meta.url));
const server = spawn(process.execPath, [path], { stdio: ['pipe', 'pipe', 'inherit'] });
const [address] = (await once(server.stdout, 'data')) as [Buffer];
const stacks = stacksOf(names, overLoopback(await msalTokens(), address.toString().trim()));

const lengths = quick ? { rounds: 3, warmUp: 1 } : { rounds: 61, warmUp: 10 };
const rounds = await Rounds.of(stacks, (call) => cpuOf(call, quick ? 20 : 100), lengths);
console.log(JSON.stringify(rounds.ratios()));
for (const { close } of stacks.values()) close?.();
server.stdin.end();
// Connections that are kept would hold the process for seconds.
process.exit();
