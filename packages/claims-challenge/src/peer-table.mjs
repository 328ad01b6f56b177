// What becomes of every case of peer-cases.mjs with every stack of peer-stacks.mjs, as a table; with --json, as the tests read it.
//   node --conditions=@holdfast/source --import=tsx src/peer-table.mjs
import { isDeepStrictEqual } from 'node:util';
import { startApi, startSource } from './peer-api.mjs';
import { CASES } from './peer-cases.mjs';
import { STACKS } from './peer-stacks.mjs';

const TIMER = { cancel: () => undefined, unref: () => undefined };

async function play({ play, expected }, open) {
  const source = startSource();
  const api = await startApi(() => undefined);
  try {
    // Nobody waits for one of its timers.
    const clock = { laterMs: 0, now: () => Date.now() + clock.laterMs, setTimeout: () => TIMER };
    const { make, send } = open(api.url, source, clock);
    if ('bodies' in expected && make({ path: '/', stream: '' }) === undefined) return undefined;

    const ask = ({ path = '/7', ...rest } = {}) => send(make({ path, ...rest }));
    const failed = (error) => error.code ?? error.name;
    const status = await play({ api, source, clock, make, send, ask }).catch(failed);
    const { sent, bodies } = api;
    const { tokenRequests, asked } = source;
    const tokensElsewhere = Object.keys(api.sentElsewhere).filter((token) => token !== 'none').length;
    const outcome = { status, sent, tokenRequests, asked, tokensElsewhere, bodies };
    const right = Object.entries(expected).every(([key, value]) => isDeepStrictEqual(outcome[key], value));
    return { ...outcome, right };
  } finally {
    api.stop();
  }
}

const results = [];
for (const one of CASES) {
  const outcomes = {};
  for (const [name, open] of Object.entries(STACKS)) outcomes[name] = await play(one, open);
  results.push({ name: one.name, outcomes });
}

function cell(outcome) {
  if (outcome === undefined) return '–';
  if (outcome.right) return 'right';
  const { status, sent, tokenRequests } = outcome;
  const statuses = typeof status === 'object' ? Object.entries(status) : [[status, 1]];
  const shown = statuses.map(([one, count]) => (count === 1 ? one : `${count} × ${one}`)).join(', ');
  const sends = Object.values(sent).reduce((sum, count) => sum + count, 0);
  return `${shown}; sends: ${sends}; tokens: ${tokenRequests}`;
}

if (process.argv.includes('--json')) console.log(JSON.stringify(results));
else {
  const names = Object.keys(STACKS);
  console.log(`| what the API says | ${names.join(' | ')} |`);
  console.log(`| --- |${' --- |'.repeat(names.length)}`);
  for (const { name, outcomes } of results)
    console.log(`| ${name} | ${names.map((stack) => cell(outcomes[stack])).join(' | ')} |`);
}
