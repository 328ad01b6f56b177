import { headerLines } from '@holdfast/core';
import { Token, parseDictionary, parseList, type BareItem, type Item, type List } from 'structured-headers';

/** What a service says it still allows. */
export interface Allowance {
  /** Calls. */
  readonly remaining: number;
  /** Calls in all, where it says so. */
  readonly quota: number | undefined;
  /** Milliseconds until there are more. */
  readonly resetMs: number;
}

/** A policy by which a service counts. */
interface QuotaPolicy {
  readonly quota: number | undefined;
  readonly windowSeconds: number | undefined;
  /** It counts bytes, say, and not calls. */
  readonly countsOther: boolean;
}

/** Below this share of its quota a service is about to run out. */
const SCARCE = 0.5;
/** A field that says how many calls are left is a line long. */
const LONGEST_FIELD = 2_048;
/** A reset from here on is an instant, in epoch seconds; delta seconds would be thirty years. */
const LEAST_EPOCH_SECONDS = 1e9;
const LEAST_EPOCH_MS = 1e11;

/**
 * The scarcest of what an answer says is left, `ample` where that is nothing to save, and `undefined` where it says nothing
 * that can be read: `RateLimit` with `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers, structured fields), the fields of
 * its earlier drafts, and `x-ratelimit-…`. `now` is in epoch milliseconds.
 */
export function allowanceIn(headers: unknown, now: number): Allowance | 'ample' | undefined {
  if (!saysAnything(headers)) return undefined;
  const all = [
    ...structured(headers),
    ...plain(headers, 'ratelimit-', now),
    ...plain(headers, 'x-ratelimit-', now),
  ].filter(({ resetMs }) => resetMs > 0);
  const scarce = all.filter(isScarce);
  if (scarce.length === 0) return all.length === 0 ? undefined : 'ample';
  // One that is used up stops everything, however slowly another one wants to be called.
  const usedUp = scarce.filter(({ remaining }) => remaining === 0);
  return (usedUp.length > 0 ? usedUp : scarce).reduce((most, one) => (gapMs(one) > gapMs(most) ? one : most));
}

function isScarce({ remaining, quota }: Allowance): boolean {
  return quota === undefined || remaining < SCARCE * quota;
}

function gapMs({ remaining, resetMs }: Allowance): number {
  return resetMs / Math.max(1, remaining);
}

function saysAnything(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  for (const name in headers) {
    if (/^(?:x-)?ratelimit/i.test(name)) return true;
  }
  return false;
}

function fieldOf(headers: unknown, name: string): string {
  const lines = headerLines(headers, name);
  const length = lines.reduce((sum, line) => sum + line.length, 0);
  return length > LONGEST_FIELD || lines.length > LONGEST_FIELD ? '' : lines.join(', ');
}

function structured(headers: unknown): Allowance[] {
  const field = fieldOf(headers, 'ratelimit');
  if (field === '') return [];
  const list = listIn(field);
  if (list === undefined) return dictionary(field);
  const policies = policiesIn(fieldOf(headers, 'ratelimit-policy'));
  return list.filter(isItem).flatMap(([name, parameters]) => {
    const policy = policies.get(nameOf(name));
    const remaining = countOf(parameters.get('r'));
    const reset = parameters.get('t');
    const seconds = reset === undefined ? policy?.windowSeconds : countOf(reset);
    if (remaining === undefined || seconds === undefined || policy?.countsOther === true) return [];
    return [{ remaining, quota: policy?.quota, resetMs: seconds * 1_000 }];
  });
}

/** `limit=100, remaining=50, reset=5`, as drafts 7 and before had it. */
function dictionary(field: string): Allowance[] {
  const said = read(() => parseDictionary(field));
  const of = (name: string) => countOf(said?.get(name)?.[0]);
  const [remaining, seconds] = [of('remaining'), of('reset')];
  if (remaining === undefined || seconds === undefined) return [];
  return [{ remaining, quota: of('limit'), resetMs: seconds * 1_000 }];
}

function policiesIn(field: string): ReadonlyMap<string, QuotaPolicy> {
  const items = (listIn(field) ?? []).filter(isItem);
  return new Map(
    items.map(([name, parameters]) => {
      const unit = parameters.get('qu');
      const countsOther = unit !== undefined && nameOf(unit) !== 'requests';
      const [quota, windowSeconds] = [countOf(parameters.get('q')), countOf(parameters.get('w'))];
      return [nameOf(name), { quota, windowSeconds, countsOther }];
    }),
  );
}

/** `ratelimit-remaining` and its like: a number each, or a list with one for each policy. */
function plain(headers: unknown, prefix: string, now: number): Allowance[] {
  const remaining = numbersIn(fieldOf(headers, `${prefix}remaining`));
  const resets = numbersIn(fieldOf(headers, `${prefix}reset`));
  const limits = numbersIn(fieldOf(headers, `${prefix}limit`));
  return remaining.flatMap((left, index) => {
    const reset = resets[index] ?? resets[0];
    const quota = limits[index] ?? limits[0];
    if (left === undefined || reset === undefined) return [];
    return [{ remaining: Math.floor(left), quota, resetMs: untilReset(reset, now) }];
  });
}

function untilReset(reset: number, now: number): number {
  if (reset >= LEAST_EPOCH_MS) return reset - now;
  return reset >= LEAST_EPOCH_SECONDS ? reset * 1_000 - now : reset * 1_000;
}

function numbersIn(field: string): (number | undefined)[] {
  return field.split(',').map((part) => {
    const text = part.split(';', 1)[0]?.trim() ?? '';
    return /^\d{1,15}(?:\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
  });
}

function listIn(field: string): List | undefined {
  return read(() => parseList(field));
}

function read<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function isItem(member: List[number]): member is Item {
  return !Array.isArray(member[0]);
}

function nameOf(item: BareItem): string {
  return typeof item === 'string' || item instanceof Token ? String(item) : '';
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
