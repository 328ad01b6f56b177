import {
  printable,
  type Call,
  type CircuitEvent,
  type ErrorSummary,
  type GateEvent,
  type WarningEvent,
} from '@holdfast/core';

/** In characters: a path may be as long as its caller likes. */
const LONGEST_LINE = 1_000;

/** One line of a log, whatever was written into a path, a name or an id: what would begin another one is shown as its code. */
export function oneLine(text: string): string {
  const line = text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}…` : text;
  return printable(line);
}

/** What whoever made a call knows of its end. A call that succeeded at once while nobody listened does not know it itself. */
export interface CallEnd {
  /** The HTTP status that came back. */
  readonly status: number;
  /** Epoch milliseconds, by the client's clock. */
  readonly endedAt: number;
}

/** `GET orders /7: 503, 3 attempts, 812 ms, id 2f1c…; gave up after 2 retries`. */
export function callLine(call: Call, error: ErrorSummary | undefined, end?: CallEnd): string {
  const { service, method, url, startedAt, correlationId } = call;
  const endedAt = call.endedAt ?? end?.endedAt;
  const parts = [
    resultOf(call, error, end),
    attemptsOf(call),
    endedAt === undefined ? undefined : `${Math.max(0, Math.round(endedAt - startedAt))} ms`,
    correlationId === undefined ? undefined : `id ${correlationId}`,
  ].filter((part) => part !== undefined);
  const line = `${method.toUpperCase()} ${service} ${url}: ${parts.join(', ')}`;
  const reason = reasonOf(call);
  return reason === undefined ? line : `${line}; ${reason}`;
}

/** The status of what the caller got, or else the code of his error, or else its class. */
function resultOf(call: Call, error: ErrorSummary | undefined, end: CallEnd | undefined): number | string {
  if (call.fallbackFor !== undefined) return `fallback for ${call.fallbackFor}`;
  const outcome = call.outcome ?? 'under way';
  // The call itself went well where its answer is refused: by a schema, say.
  if (!call.failed) return error?.code ?? call.attempts.at(-1)?.status ?? end?.status ?? outcome;
  // The status in an error of a call that was never sent is the identity provider's.
  const status = call.sends === 0 ? undefined : error?.status;
  return status ?? error?.code ?? outcome;
}

function attemptsOf({ sends }: Call): string {
  if (sends === 0) return 'not sent';
  return sends === 1 ? '1 attempt' : `${sends} attempts`;
}

/** What was decided last, where something was: why it was given up, refused or held back. */
function reasonOf({ attempts, refusals }: Call): string | undefined {
  return (attempts.at(-1)?.decisions ?? refusals).at(-1);
}

/** `circuit orders https://orders.example open: 10 of 20 attempts failed, next try in 2000 ms`. */
export function circuitLine({ service, key, state, reason, retryAfterMs, mode }: CircuitEvent): string {
  const next = retryAfterMs === undefined ? '' : `, next try in ${Math.ceil(retryAfterMs)} ms`;
  return `circuit ${placeOf(service, key)} ${state}: ${reason}${next}${shownMode(mode)}`;
}

/** `gate orders https://orders.example closed: for 30000 ms, 2 calls wait`. */
export function gateLine({ service, key, state, at, until, waiting, mode }: GateEvent): string {
  const told = until === undefined ? '' : `: for ${Math.ceil(until - at)} ms`;
  const waits = waiting === 0 ? '' : `, ${waiting} ${waiting === 1 ? 'call waits' : 'calls wait'}`;
  return `gate ${placeOf(service, key)} ${state}${told}${waits}${shownMode(mode)}`;
}

/** `OWN_AUTHORIZATION orders: …`. */
export function warningLine({ code, service, message }: WarningEvent): string {
  return `${code} ${service}: ${message}`;
}

/** A key that is made by default begins with the service. */
function placeOf(service: string, key: string): string {
  return key.startsWith(service) ? key : `${service} ${key}`;
}

function shownMode(mode: 'enforce' | 'observe'): string {
  return mode === 'observe' ? ', only observed' : '';
}
