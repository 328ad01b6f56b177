import { RetryBudget, type Call, type ErrorSummary, type GateStore } from '@holdfast/client';
import { currentCall, install, systemClock } from '@holdfast/core';
import { scriptedTransport } from '@holdfast/testing';
import axios from 'axios';
import { Agent } from 'node:http';

/** What stands for the default of an option that has to be given. */
const REQUIRED = Symbol.for('required');
const PUBLIC_CLOUD = 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize';
/** How a document words it that another interceptor's options are the default. */
export const OWN: string = "that interceptor's own";

/** A default as the documents word it. */
export async function worded(value: unknown): Promise<unknown> {
  if (value === REQUIRED) return 'required';
  if (value === undefined) return expect.stringMatching(/^(?!required$|true$|false$|-?[\d,.]+$)./);
  if (value === systemClock) return "the machine's clock";
  if (value === Math.random) return 'Math.random';
  if (value instanceof RetryBudget) return 'a budget of its own';
  if (Array.isArray(value))
    return value.length === 0 ? expect.stringMatching(/^(?:none|nobody)$/) : value.join(', ');
  if (value instanceof Agent) return 'agents of its own for http and https';
  if (isMemory(value)) return 'the memory of this gate';
  if (typeof value === 'function') {
    const told = toldOf(value as Teller);
    if (told !== undefined) return told;
    const answer = await answerTo(value as (config: unknown) => unknown);
    if (answer === 'https://orders.test')
      return expect.stringMatching(/^the origin that (?:a|the) request goes to$/);
    // Asked twice, so that it is no UUID that was made once.
    const another = await answerTo(value as (config: unknown) => unknown);
    if (isUuid(answer) && answer !== another) return 'a fresh UUID for each call';
    return expect.stringMatching(/^(?:nobody|none)$/);
  }
  if (typeof value === 'object' && value !== null)
    return Object.keys(value).length > 0
      ? OWN
      : expect.stringMatching(new RegExp(`^(?:none|nothing|${OWN})$`));
  if (value === '') return 'empty';
  if (value === PUBLIC_CLOUD) return "the public cloud's";
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? value : JSON.stringify(value);
}

type Teller = (call: Partial<Call>, error?: Partial<ErrorSummary>) => unknown;

/** What a log makes of a call, where the function is for that: its level, or the beginning of its line. */
function toldOf(tell: Teller): string | undefined {
  const call = { service: 'orders', method: 'get', url: '/7', attempts: [], refusals: [], sends: 3 };
  try {
    const told = tell({ ...call, failed: true, outcome: 'unavailable' }, { status: 503 });
    const reduced = tell({ ...call, failed: false, fallbackFor: 'refused', outcome: 'success' });
    if (told === 'warn' && reduced === 'warn') return 'warn for an error and for a reduced answer';
    return typeof told === 'string' && told.startsWith('GET orders /7: 503') ? 'GET orders /7' : undefined;
  } catch {
    // It is for requests.
    return undefined;
  }
}

/** Whether it is a gate's own store: it remembers what it is told. */
function isMemory(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('get' in value && 'set' in value)) return false;
  const store = value as GateStore;
  const closure = { closedAt: systemClock.now(), until: systemClock.now() + 60_000 };
  store.set('orders', closure);
  return store.get('orders') === closure;
}

/** Whether a value is the text of a UUID. */
export const isUuid = (value: unknown): boolean =>
  typeof value === 'string' && /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(value);

/** A number as the documents write it: 10,000 or, where it is an instant, 2025-01-01T00:00:00Z. */
export function read(text: string): string | number {
  if (/^[\d,.]+$/.test(text)) return Number(text.replaceAll(',', ''));
  return /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : text;
}

/** What a function says of a request. */
export async function answerTo(fallback: (config: unknown) => unknown): Promise<unknown> {
  const { adapter } = scriptedTransport([{ status: 200 }]);
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  let answer: unknown;
  install(client, [
    (next) => (config) => {
      // Not the origin, which it is without a name.
      currentCall(config).service = 'orders';
      answer = fallback(config);
      return next(config);
    },
  ]);
  await client.get('/7');
  return answer;
}
