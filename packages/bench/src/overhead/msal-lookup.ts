// What MSAL takes to find a token in its cache, among 1 and 10,000 of them: microseconds for each, of the quickest round. The others
// are put there by its own serialized form, as copies of one that it got itself.
import { startIdentityProvider } from '@holdfast/testing';
import { microsecondsOf } from '../measuring/rounds.js';
import { commandLine } from './command-line.js';
import { SCOPE, msalApplication } from './tokens.js';

interface Serialized {
  readonly AccessToken: Record<string, Record<string, string>>;
}

const { quick } = commandLine();
const SIZES = quick ? [1, 100] : [1, 10_000];

async function microsecondsAmong(entries: number): Promise<number> {
  await using identityProvider = await startIdentityProvider();
  const msal = msalApplication(identityProvider.app);
  const find = () => msal.acquireTokenByClientCredential({ scopes: [SCOPE] });
  await find();
  const cache = msal.getTokenCache();
  cache.deserialize(withCopies(cache.serialize(), entries - 1));
  const rounds: number[] = [];
  for (let round = 0; round < (quick ? 2 : 10); round += 1)
    rounds.push(await microsecondsOf(find, entries > 1 ? 5 : 500));
  if ((await find())?.fromCache !== true || identityProvider.tokenRequests.length !== 1)
    throw new Error('MSAL has asked for a token that it holds');
  const held = Object.keys((JSON.parse(cache.serialize()) as Serialized).AccessToken).length;
  if (held !== entries) throw new Error(`MSAL holds ${held} tokens, and not ${entries}`);
  return Math.min(...rounds);
}

function withCopies(serialized: string, copies: number): string {
  const cache = JSON.parse(serialized) as Serialized;
  for (const [key, token] of Object.entries(cache.AccessToken))
    for (let copy = 0; copy < copies; copy += 1) {
      const target = SCOPE.replace('orders', `orders-${copy}`);
      cache.AccessToken[key.replace(SCOPE, target)] = { ...token, target };
    }
  return JSON.stringify(cache);
}

const found: Record<number, number> = {};
for (const entries of SIZES) found[entries] = await microsecondsAmong(entries);
console.log(JSON.stringify(found));
