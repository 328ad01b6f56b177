import { isIdempotent } from '@holdfast/core';

type Json = Readonly<Record<string, unknown>>;

/** One request of a `$batch`. What else stands in it stays. */
export interface BatchPart extends Json {
  readonly id: string;
  readonly method: string;
  readonly dependsOn?: readonly string[];
}

/** The answer to one of them. */
export interface PartAnswer extends Json {
  readonly id: string;
  readonly status: number;
}

/** The body of a `$batch`: https://learn.microsoft.com/graph/json-batching */
export interface Batch extends Json {
  readonly requests: readonly BatchPart[];
}

/** Its answer. */
export interface BatchAnswer extends Json {
  readonly responses: readonly PartAnswer[];
}

/** Reads the body that is sent; `undefined` for one that would not come out of it as it went in. */
export function batchIn(data: unknown): Batch | undefined {
  const batch = parsed(data);
  if (!hasList(batch, 'requests', isPart) || !keepsNumbers(String(data))) return undefined;
  return haveOwnIds(batch.requests) ? batch : undefined;
}

/** Reads an answer; `undefined` for what is none, does not say which part is meant, or would not come out of it as it came. */
export function batchAnswerIn(data: unknown): BatchAnswer | undefined {
  const answer = parsed(data);
  if (!hasList(answer, 'responses', isAnswer) || !keepsNumbers(String(data))) return undefined;
  return haveOwnIds(answer.responses) ? answer : undefined;
}

/** Whether an answer may hold a throttled part, without reading all of it: most hold none. */
export function mayBeThrottled(data: unknown): boolean {
  return typeof data === 'string' && /"status"\s*:\s*(?:429|503|504)\b/.test(data);
}

const REFUSED: ReadonlySet<number> = new Set([429, 503, 504]);

/**
 * The parts that were refused, and may be sent once more without acting twice. Microsoft's services have been seen to act on what
 * they answered by 429: so those that are not idempotent stay as they were answered.
 */
export function throttledParts(parts: readonly BatchPart[], answers: readonly PartAnswer[]): BatchPart[] {
  const statuses = new Map(answers.map(({ id, status }) => [idOf(id), status]));
  const again = new Map<string, BatchPart>();
  const isSentAgain = (id: string) => again.has(idOf(id));
  const isMet = (id: string) => isSentAgain(id) || (statuses.get(idOf(id)) ?? 500) < 400;
  const repeatable = parts.filter(isRepeatable);
  // A part that was left out because of one of them goes along, and so does what hangs on that. One that was refused itself, and
  // hangs on what has failed, stays: "delete the original" is not sent where "copy it" came to nothing.
  for (let before = -1; before !== again.size;) {
    before = again.size;
    for (const part of repeatable) {
      const { id, dependsOn = [] } = part;
      const status = statuses.get(idOf(id)) ?? 0;
      const wasLeftOut = status === 424 && dependsOn.some(isSentAgain);
      if ((wasLeftOut || REFUSED.has(status)) && dependsOn.every(isMet)) again.set(idOf(id), part);
    }
  }
  return parts.filter(({ id }) => again.has(idOf(id))).map((part) => among(part, again));
}

/** The part as it is sent in a batch with these: what it hung on, and has succeeded, is not there any more. */
function among(part: BatchPart, sent: ReadonlyMap<string, unknown>): BatchPart {
  const { dependsOn, ...rest } = part;
  if (dependsOn === undefined) return part;
  const left = dependsOn.filter((id) => sent.has(idOf(id)));
  return left.length > 0 ? { ...rest, dependsOn: left } : rest;
}

/** The answers, in the order of the first, with those in place of the old that the parts were sent again for. */
export function merged(
  first: BatchAnswer,
  sent: readonly BatchPart[],
  { responses }: BatchAnswer,
): BatchAnswer {
  const asked = new Set(sent.map(({ id }) => idOf(id)));
  const later = new Map(responses.map((answer) => [idOf(answer.id), answer]));
  const latest = (answer: PartAnswer) =>
    asked.has(idOf(answer.id)) ? later.get(idOf(answer.id)) : undefined;
  return { ...first, responses: first.responses.map((answer) => latest(answer) ?? answer) };
}

/** "Not case-sensitive." */
export function idOf(id: string): string {
  return id.toLowerCase();
}

/** A group is all or nothing: a part of it cannot be sent alone. */
function isRepeatable(part: BatchPart): boolean {
  return isIdempotent(part.method) && part['atomicityGroup'] === undefined;
}

function parsed(data: unknown): unknown {
  if (typeof data !== 'string') return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

const TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"/gs;
const NUMBER = /\d[\d.]*(?:e[+-]?\d+)?/gi;

/** A number with too many digits would come out as another one, also for a caller who reads the body himself. */
function keepsNumbers(json: string): boolean {
  const numbers = json.replace(TEXT, '').match(NUMBER) ?? [];
  return numbers.every((number) => digitsOf(number) === digitsOf(String(Number(number))));
}

function digitsOf(number: string): string {
  return number
    .replace(/e.*/i, '')
    .replace('.', '')
    .replace(/^0+|0+$/g, '');
}

function hasList<Name extends string, Member>(
  value: unknown,
  name: Name,
  isMember: (member: unknown) => member is Member,
): value is Json & Readonly<Record<Name, readonly Member[]>> {
  if (!isJson(value)) return false;
  const list = value[name];
  return Array.isArray(list) && list.every(isMember);
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

function isPart(value: unknown): value is BatchPart {
  if (!isJson(value) || typeof value['id'] !== 'string' || typeof value['method'] !== 'string') return false;
  const dependsOn = value['dependsOn'];
  return (
    dependsOn === undefined || (Array.isArray(dependsOn) && dependsOn.every((id) => typeof id === 'string'))
  );
}

function isAnswer(value: unknown): value is PartAnswer {
  return isJson(value) && typeof value['id'] === 'string' && typeof value['status'] === 'number';
}

function haveOwnIds(list: readonly { readonly id: string }[]): boolean {
  return new Set(list.map(({ id }) => idOf(id))).size === list.length;
}
