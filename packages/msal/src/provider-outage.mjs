// A day without the identity provider, and 100 calls in each of its minutes: MSAL, a loopback identity provider, a clock of our own.
// In a process of its own: in Jest's realm axios takes five times as long for a call, and these are 145,100.
//   node --conditions=@holdfast/source --import=tsx src/provider-outage.mjs
import { setImmediate as nextTurn } from 'node:timers/promises';
import axios from 'axios';
import { install } from '@holdfast/core';
import { clientCredential } from '@holdfast/msal';
import { startIdentityProvider } from '@holdfast/testing';
import { attachToken } from '@holdfast/token';

const MINUTE = 60_000;
const START = Date.UTC(2025, 0, 1);
let now = START;
// MSAL reckons by the global one when a token expires.
const MachineDate = Date;
globalThis.Date = class extends MachineDate {
  constructor(...args) {
    super(...(args.length === 0 ? [now] : args));
  }
  static now() {
    return now;
  }
};
// Nobody waits for one of its timers.
const clock = { now: () => now, setTimeout: () => ({ cancel: () => undefined, unref: () => undefined }) };

const idp = await startIdentityProvider({ clock, expiresIn: 28 * 60 * 60 });
const source = clientCredential({ ...idp.app, clock, random: () => 0.5 });
let underWay = Promise.resolve();
const watched = {
  getToken: (scopes, options) => {
    const token = source.getToken(scopes, options);
    underWay = token.catch(() => undefined);
    return token;
  },
};

const tokens = new Map();
const adapter = async (config) => {
  const token = config.headers.Authorization;
  tokens.set(token, (tokens.get(token) ?? 0) + 1);
  return { status: 200, statusText: 'OK', data: '', headers: {}, config };
};
const client = axios.create({ baseURL: 'https://orders.test', adapter });
const options = { scopes: 'api://orders/.default', enableCae: true, clock, random: () => 0.5 };
install(client, [attachToken(watched, options)], { clock });

let lost = 0;
async function minutes(count) {
  for (let minute = 0; minute < count; minute += 1) {
    const calls = Array.from({ length: 100 }, (_, call) => client.get(`/${call}`));
    for (const { status } of await Promise.allSettled(calls)) if (status === 'rejected') lost += 1;
    // A refresh that nobody waits for has ended when time goes on.
    await underWay;
    await nextTurn();
    now += MINUTE;
  }
}

await minutes(1);
idp.fail({ status: 503 });
await minutes(24 * 60);
idp.fail(null);
await minutes(10);
await idp.close();
const asked = idp.tokenRequests.map(({ at, status }) => ({ minute: (at - START) / MINUTE, status }));
console.log(JSON.stringify({ lost, sent: [...tokens.values()], asked }));
