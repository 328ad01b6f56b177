/** What the service does while it is out. */
export type Fault =
  /** Answers 503 at once. */
  | 'unavailable'
  /** The same, and says in a Retry-After for how many seconds more. */
  | 'unavailable-told'
  /** Takes requests, and answers none. */
  | 'hang'
  /** Takes five times as long for each. */
  | 'slow';

/** A service, those who call it, and what befalls it. */
export interface StormSetting {
  readonly fault: Fault;
  /** The calls that arrive, as a share of what the service can do. */
  readonly load: number;
  /** Requests per second that the service can answer. */
  readonly capacityPerSecond: number;
  /** Milliseconds from a request's turn to its answer. */
  readonly serviceMs: number;
  /** Requests that may wait for their turn; beyond them it answers 503. */
  readonly queueLength: number;
  /** Processes that call it, each with a client, and so a budget, gate and circuit, of its own. */
  readonly clients: number;
  /** Milliseconds after which an attempt is given up. The service does its work all the same. */
  readonly timeoutMs: number;
  /** Seconds before, during and after the outage. */
  readonly beforeS: number;
  readonly outageS: number;
  readonly afterS: number;
}

/** What one strategy did in one setting, by one seed. */
export interface StormResult {
  readonly strategy: string;
  readonly setting: StormSetting;
  readonly seed: number;
  /** Requests sent for each call, during the outage. */
  readonly amplification: number;
  /** The most requests that reached the service in one second, from the outage on, over those of a normal one. */
  readonly peak: number;
  /** Seconds after the outage until five in a row are 99 % good; `null` when there were none. */
  readonly recoveryS: number | null;
  /** The share of all calls that succeeded, from the outage on. */
  readonly success: number;
  /** One for each second, from the first on: for the curves. */
  readonly seconds: readonly StormSecond[];
}

export interface StormSecond {
  /** Counted from the start of the outage: negative before it. */
  readonly second: number;
  /** Calls that were made in it. */
  readonly calls: number;
  /** Those of them that succeeded, sooner or later. */
  readonly succeeded: number;
  /** Requests that reached the service in it. */
  readonly requests: number;
}
