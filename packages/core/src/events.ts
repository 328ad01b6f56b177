import {
  channel,
  subscribe as subscribeTo,
  tracingChannel,
  unsubscribe,
  type TracingChannel,
} from 'node:diagnostics_channel';
import type { Call } from './call.js';
import { errorSummary, type ErrorSummary } from './error-summary.js';
import type { FailureSummary } from './errors.js';

/** `holdfast:call`: one call of a user, from his call to his answer. While it ends, `call` tells what it came to. */
export interface CallEvent {
  readonly call: Call;
  /** Why it failed, from then on. */
  error?: ErrorSummary;
}

/** `holdfast:attempt`: one send. */
export interface AttemptEvent {
  readonly call: Call;
  /** Counts the first send: 1, 2, … */
  readonly number: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Milliseconds since the attempt before it ended, or since the call began. */
  readonly delayMs: number;
  /** Why it was sent, when it is not the first: what was decided upon the attempt before. */
  readonly reason: string | undefined;
  /** Epoch milliseconds, once it has ended. */
  endedAt?: number;
  /** The HTTP status, where one came back; a 503 is no error here. */
  status?: number;
  /** Why nothing came back. */
  error?: ErrorSummary;
}

/** `holdfast:token`: one question to a credential, for all the calls that wait for its answer. */
export interface TokenEvent {
  readonly scopes: readonly string[];
  /** The tenant, where another one than the credential's own was asked. */
  readonly tenantId: string | undefined;
  /**
   * `needed`: there was none, or it was to expire. `ahead`: in the background, while the one that is held is still good.
   * `rejected`: an API has rejected the one that was held.
   */
  readonly reason: 'needed' | 'ahead' | 'rejected';
  /** Whether it was asked for with the claims of a challenge. */
  readonly withClaims: boolean;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Epoch milliseconds, once it has ended. */
  endedAt?: number;
  /** Epoch milliseconds at which the token expires. */
  expiresAt?: number;
  /** Why there is none. */
  error?: ErrorSummary;
}

/**
 * What a 401 asks for: claims, that the user signs in anew (RFC 9470), or just another token (RFC 6750).
 */
export type ChallengeKind = 'insufficient_claims' | 'insufficient_user_authentication' | 'invalid_token';

/** `holdfast:challenge`: a 401 that can be answered. */
export interface ChallengeEvent {
  readonly call: Call;
  /** What it asks for; `undefined` for one that a challenger knows. */
  readonly error: ChallengeKind | undefined;
  /** The name of the challenger that took it to be its own. */
  readonly challenger: string | undefined;
  /** Whether the request was sent once more. */
  readonly answered: boolean;
  /** Why not. */
  readonly reason: string | undefined;
}

/** `holdfast:circuit`: a circuit has changed its state. */
export interface CircuitEvent {
  readonly service: string;
  /** What shares the circuit: by default the service and its origin. */
  readonly key: string;
  readonly state: 'closed' | 'open' | 'half-open';
  /** With `observe` nothing is refused: it is what the circuit would do. */
  readonly mode: 'enforce' | 'observe';
  /** Why, in words and figures: "10 of 20 attempts failed". */
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Milliseconds after which the service is tried again, when it opens. */
  readonly retryAfterMs: number | undefined;
  /** The last failure that counted. */
  readonly lastFailure: FailureSummary | undefined;
}

/** `holdfast:gate`: a service has asked to be left alone, or is called again. */
export interface GateEvent {
  readonly service: string;
  /** What shares the gate: by default the service and its origin. */
  readonly key: string;
  readonly state: 'closed' | 'open';
  /** With `observe` nothing waits and nothing is refused: it is what the gate would do. */
  readonly mode: 'enforce' | 'observe';
  /** Epoch milliseconds. */
  readonly at: number;
  /** Epoch milliseconds until which nothing is sent, when it closes. */
  readonly until: number | undefined;
  /** Calls that wait. */
  readonly waiting: number;
}

/** What a {@link WarningEvent} can be about. */
export type WarningCode =
  /** A request came with an Authorization header of its own, and was sent with that. */
  | 'OWN_AUTHORIZATION'
  /** axios-retry is installed on a client that retries already: each retries the other's retries. */
  | 'AXIOS_RETRY_OUTSIDE'
  /** The budget of retries was spent for the first time: a retry was refused, or would have been. */
  | 'RETRY_BUDGET_SPENT'
  /** axios-cache-interceptor was set up after the pipeline was installed: what is in the cache runs through it. */
  | 'CACHE_INSIDE'
  /** A service says that most of what it allows is used: it will throttle its callers soon. */
  | 'LIMIT_NEAR'
  /** Many more tokens were asked for than expire. */
  | 'TOKEN_REQUESTS'
  /** A certificate by which an application proves itself expires within 30 days, or has expired. */
  | 'CERTIFICATE_EXPIRES'
  /** An application makes one credential after the other: each asks for a token of its own. */
  | 'CREDENTIAL_PER_CALL'
  /** A token store does not answer, or not in time: what it would save is asked of the identity provider. */
  | 'STORE_UNAVAILABLE'
  /** What a token store has cannot be read: damaged, encrypted under a key that is not given, or somebody else's. */
  | 'STORE_UNREADABLE';

/** `holdfast:warning`: something that works, but not as its owner will think. Each is told once. */
export interface WarningEvent {
  /** Does not change; for an alert. */
  readonly code: WarningCode;
  readonly message: string;
  readonly service: string;
}

/** Operations with a beginning and an end: each has the five channels of a `TracingChannel`. */
export interface TracedEvents {
  readonly call: CallEvent;
  readonly attempt: AttemptEvent;
  readonly token: TokenEvent;
}

/** Things that happen. */
export interface ToldEvents {
  readonly challenge: ChallengeEvent;
  readonly circuit: CircuitEvent;
  readonly gate: GateEvent;
  readonly warning: WarningEvent;
}

type Phase = 'start' | 'end' | 'asyncStart' | 'asyncEnd' | 'error';

/** Every channel of `node:diagnostics_channel` on which something is published, and what. */
export type EventsByChannel = {
  [Name in keyof TracedEvents as `tracing:holdfast:${Name}:${Phase}`]: TracedEvents[Name];
} & { [Name in keyof ToldEvents as `holdfast:${Name}`]: ToldEvents[Name] };

/**
 * Listens to one channel, as `subscribe` of `node:diagnostics_channel` does, with the types of what is published; returns
 * the way back. What a listener throws is an uncaught exception of the process, and changes nothing about the call.
 */
export function subscribe<Name extends keyof EventsByChannel>(
  name: Name,
  listener: (event: EventsByChannel[Name]) => void,
): () => void {
  const onMessage = (message: unknown) => {
    listener(message as EventsByChannel[Name]);
  };
  subscribeTo(name, onMessage);
  return () => {
    unsubscribe(name, onMessage);
  };
}

const traced: { readonly [Name in keyof TracedEvents]: TracingChannel<unknown, TracedEvents[Name]> } = {
  call: tracingChannel('holdfast:call'),
  attempt: tracingChannel('holdfast:attempt'),
  token: tracingChannel('holdfast:token'),
};

const told = {
  challenge: channel('holdfast:challenge'),
  circuit: channel('holdfast:circuit'),
  gate: channel('holdfast:gate'),
  warning: channel('holdfast:warning'),
};

/** Whether somebody listens. Ask before an event is made: while nobody does, nothing is to be paid. */
export function isTraced(name: keyof TracedEvents): boolean {
  return traced[name].hasSubscribers;
}

/**
 * Runs an operation with its events around it, and whatever a tracer has bound to its start within it. Not by
 * `tracePromise()`: that puts results and errors on the event, with all the headers and bodies they hold.
 */
export function trace<Name extends keyof TracedEvents, T>(
  name: Name,
  event: TracedEvents[Name],
  run: () => Promise<T>,
): Promise<T> {
  const { start, end, asyncStart, asyncEnd, error } = traced[name];
  const tell = (reason: unknown) => {
    event.error = errorSummary(reason);
    error.publish(event);
  };
  return start.runStores(event, () => {
    try {
      return run().then(
        (value) => {
          asyncStart.publish(event);
          asyncEnd.publish(event);
          return value;
        },
        (reason: unknown) => {
          tell(reason);
          asyncStart.publish(event);
          asyncEnd.publish(event);
          throw reason;
        },
      );
    } catch (reason) {
      tell(reason);
      throw reason;
    } finally {
      end.publish(event);
    }
  });
}

/** A warning that is told once, as soon as somebody listens. */
export function warning(code: WarningCode, message: string): (service: string) => void {
  let isTold = false;
  return (service) => {
    if (isTold || !told.warning.hasSubscribers) return;
    isTold = true;
    publish('warning', () => ({ code, message, service }));
  };
}

/** Tells what happened to whoever listens. */
export function publish<Name extends keyof ToldEvents>(name: Name, event: () => ToldEvents[Name]): void {
  if (told[name].hasSubscribers) told[name].publish(event());
}
