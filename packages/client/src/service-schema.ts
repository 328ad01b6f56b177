import type { CircuitOptions } from '@holdfast/circuit-breaker';
import type { ClaimsChallengeOptions } from '@holdfast/claims-challenge';
import type { RetryBudgetOptions, RetryOptions } from '@holdfast/retry';
import type { ThrottleGateOptions } from '@holdfast/throttle-gate';
import type { CreateAxiosDefaults } from 'axios';
import type { AgentOptions } from './agents.js';
import type { CorrelateOptions } from './correlate.js';
import {
  choice,
  count,
  flag,
  headerName,
  headerNames,
  headers,
  limit,
  milliseconds,
  onlyFalse,
  ratio,
  scopes,
  text,
  timer,
  type Entries,
  type Group,
} from './service-schema-option.js';
import { baseURL, origins } from './service-schema-url.js';
import type { ServiceClientOptions } from './service-client.js';

/** Functions, objects that live, and what a configuration has another place for: the name is its key. */
type OnlyInCode = 'name' | 'key' | 'classify' | 'fallback' | 'before' | 'after' | 'clock' | 'random';

const MODE = ['enforce', 'observe'] as const;

const budget: Entries<RetryBudgetOptions> = {
  ratio: ratio('Retries per call that was observed.'),
  minPerSecond: count(
    "Retries per second that are always allowed, so that a quiet client may retry at all; three seconds' worth of them at once.",
  ),
  mode: choice(
    '`observe` counts, writes into the journal what it would have refused, and lets it through.',
    MODE,
  ),
};

const retry: Entries<
  Omit<
    RetryOptions,
    | 'retryCondition'
    | 'retryDelay'
    | 'onRetry'
    | 'onMaxRetryTimesExceeded'
    | 'validateResponse'
    | 'clock'
    | 'random'
  >
> = {
  retries: count('Attempts after the first.'),
  shouldResetTimeout: flag("Whether the request's axios `timeout` begins anew with each attempt."),
  retryOpenCircuit: flag(
    'Whether a call that an open circuit refuses waits for it, when that fits the deadline: for what the breaker says, and a little longer by chance, never less.',
  ),
  baseDelayMs: milliseconds('Milliseconds up to which the first wait is drawn; doubles with each retry.'),
  maxDelayMs: milliseconds('Milliseconds up to which any such wait is drawn.'),
  budget: group('How many retries all calls may make together.', budget, false),
  idempotencyHeader: headerName('The header that carries the idempotency key of a request.'),
};

const throttleGate: Entries<Omit<ThrottleGateOptions, 'key' | 'store' | 'clock' | 'random'>> = {
  maxClosedMs: count(
    'Milliseconds for which it closes at most, whatever the service asks for; then one probe tries.',
    1,
  ),
  maxWaiters: count('Calls that may wait at a closed gate; the others are refused at once.'),
  rampMs: milliseconds(
    "Milliseconds after the probe's answer within which those who wait do not all come out: at least so long.",
  ),
  probeTimeoutMs: count(
    'Milliseconds after which the next one in line tries for a probe without an answer.',
    1,
  ),
  mode: choice(
    'With `observe` nothing waits and nothing is refused: what would be stands in the journal and in the events.',
    MODE,
  ),
  pace: flag(
    'Whether calls are spread before they are throttled, by what the service says is left: `RateLimit`, `x-ratelimit-remaining` and their like.',
  ),
};

const circuitBreaker: Entries<CircuitOptions> = {
  windowMs: count('Milliseconds over which completed attempts are counted.', 1),
  minimumAttempts: count('Completed attempts in the window before their ratio counts.', 1),
  failureRatio: ratio('The share of failed attempts, from 0 to 1, at which it opens.'),
  consecutiveFailures: count(
    'Failures without a success between them, at which it opens whatever the ratio.',
    1,
  ),
  consecutiveSpanMs: milliseconds('Milliseconds that such a run must last.'),
  slowMs: limit(
    'Milliseconds from the send to the outcome from which an attempt counts as slow, or `false`: slowness is no failure.',
  ),
  slowRatio: ratio('The share of slow attempts, from 0 to 1, at which it opens, with `slowMs`.'),
  openMs: milliseconds(
    'Milliseconds that it stays open at first; doubled while probes fail; up to a fifth more by chance.',
  ),
  maxOpenMs: milliseconds('Milliseconds up to which doubling goes, where `openMs` is shorter.'),
  probes: count('Calls that may try the service at once when the time is over.', 1),
  probesToClose: count('Of those, how many must succeed.', 1),
  probeTimeoutMs: count('Milliseconds after which a probe without an answer makes room for another.', 1),
  rampMs: milliseconds('Milliseconds after closing during which a growing share of calls is let through.'),
  mode: choice(
    '`observe` opens and closes as ever and tells of it, writes into the journal what it would have refused, and lets it through.',
    MODE,
  ),
};

const claimsChallenge: Entries<Omit<ClaimsChallengeOptions, 'challengers'>> = {
  refreshOnInvalidToken: flag(
    'Whether `error="invalid_token"` without claims is answered by one forced refresh as well (RFC 6750, section 3.1).',
  ),
};

const correlation: Entries<Omit<CorrelateOptions, 'id' | 'traceparent'>> = {
  header: headerName('The header that carries the id.'),
};

const agent: Entries<AgentOptions> = {
  maxSockets: count('How many connections there are to one origin at a time.', 1),
  maxFreeSockets: count('How many of them stay open while nothing is sent.', 1),
  idleMs: timer(
    'Milliseconds for which one stays open so; less where the server announces that it closes earlier.',
  ),
};

const axios: Entries<
  Pick<CreateAxiosDefaults, 'maxRedirects' | 'maxContentLength' | 'maxBodyLength'> & {
    headers: Record<string, string>;
  }
> = {
  headers: headers('Headers of every request.'),
  maxRedirects: count('Redirects that are followed.'),
  maxContentLength: count('Bytes of a response body.'),
  maxBodyLength: count('Bytes of a request body.'),
};

/** What is said for all services at once. */
const shared: Entries<Omit<ServiceClientOptions, OnlyInCode | 'baseURL'>> = {
  credential: onlyFalse('`false` for a service that takes no token.'),
  scopes: scopes('What the tokens are for: `api://orders/.default`.'),
  tenantId: text('The tenant to ask for tokens.', 'a tenant'),
  origins: origins("Origins that get the token beside the client's own."),
  sensitiveHeaders: headerNames('Headers that go along with no redirect to another origin: `x-api-key`.'),
  inheritCredential: flag('Whether calls inside of `withCredential()` are made as that user.'),
  profile: choice('`batch`: nobody waits for the answer.', ['interactive', 'batch']),
  deadlineMs: limit('Milliseconds for a whole call, or `false`.'),
  attemptTimeoutMs: limit('Milliseconds for one send, or `false`.'),
  stallMs: limit(
    'Milliseconds for which an upload, or a response stream that is read, may stand still, or `false`.',
  ),
  correlation: group(
    'Options of `correlate()`, or `false`: then neither header nor journal has an id for the call.',
    correlation,
  ),
  retry: group('Options of `retry()`, or `false` to send every call once.', retry),
  throttleGate: group(
    'Options of `throttleGate()`, or `false`: then each call waits for its own Retry-After, and they come back together.',
    throttleGate,
  ),
  circuitBreaker: group(
    'Options of `circuitBreaker()`, or `false` to go on sending to a service that is down.',
    circuitBreaker,
  ),
  claimsChallenge: group(
    'Options of `claimsChallenge()`, or `false`: then tokens are asked for that cannot be revoked at once.',
    claimsChallenge,
  ),
  agent: group(
    "Options of the agents that keep the client's connections, or `false`: then it shares those of the process, without a bound.",
    agent,
  ),
  axios: group('Some of what else `axios.create` takes.', axios, false),
};

/** What stands under `defaults`: it holds for every service that does not say otherwise. */
export const DEFAULTS: Group = group(
  'What holds for every service that does not say otherwise.',
  shared,
  false,
);

/** What stands under each name in `services`. */
export const SERVICE: Group = group(
  'One service. Required are `baseURL` and, unless `credential` is `false`, `scopes`: here, in `defaults` or by a variable.',
  { baseURL: baseURL('Where the service is: https, or loopback.'), ...shared },
  false,
);

function group(description: string, entries: Group['entries'], canBeOff = true): Group {
  return { description, entries, canBeOff };
}
