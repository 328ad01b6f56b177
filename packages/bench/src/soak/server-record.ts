/** What the servers have seen of one request of a call, by its id. */
interface SeenRequest {
  sends: number;
  acts: number;
  key: string | undefined;
}

/** What no call may come to, each with how often it has. */
export interface Violations {
  /** A POST without a key that was acted on more than once. */
  actedTwice: number;
  /** An idempotency key that came with two calls, or a call that came with two keys. */
  confusedKeys: number;
  /** More sends than retries and resends can come to. */
  sentTooOften: number;
  /** A token at an API that it is not for. */
  misplacedTokens: number;
  /** A request that came to an API without a token. */
  tokenless: number;
  /** A token or a secret header at an origin that none is for. */
  secretsElsewhere: number;
  /** A body that is not that of its call. */
  foreignBodies: number;
}

/** Four attempts, each with a resend for a challenge, and one more for a stale connection. */
const MOST_SENDS = 9;

/** What all servers have seen. A call is forgotten once it was judged: they must not grow. */
export class ServerRecord {
  readonly violations: Violations = {
    actedTwice: 0,
    confusedKeys: 0,
    sentTooOften: 0,
    misplacedTokens: 0,
    tokenless: 0,
    secretsElsewhere: 0,
    foreignBodies: 0,
  };
  requests = 0;
  acts = 0;
  mostSends = 0;
  readonly #seen = new Map<string, SeenRequest>();
  readonly #idByKey = new Map<string, string>();

  sent(id: string, key: string | undefined): void {
    this.requests += 1;
    const seen = this.#seen.get(id);
    if (seen === undefined) this.#seen.set(id, { sends: 1, acts: 0, key });
    else {
      seen.sends += 1;
      if (seen.key !== key) this.violations.confusedKeys += 1;
    }
    if (key === undefined) return;
    if ((this.#idByKey.get(key) ?? id) !== id) this.violations.confusedKeys += 1;
    this.#idByKey.set(key, id);
  }

  /** A service that knows keys acts once for each. */
  acted(id: string): void {
    const seen = this.#seen.get(id);
    if (seen === undefined || (seen.key !== undefined && seen.acts > 0)) return;
    seen.acts += 1;
    this.acts += 1;
  }

  /** Of a call that has ended, and whose last request has come in. `repeatable`: that may be acted on more than once. */
  judge(id: string, repeatable: boolean): void {
    const seen = this.#seen.get(id);
    if (seen === undefined) return;
    this.#seen.delete(id);
    if (seen.key !== undefined) this.#idByKey.delete(seen.key);
    this.mostSends = Math.max(this.mostSends, seen.sends);
    if (seen.sends > MOST_SENDS) this.violations.sentTooOften += 1;
    if (!repeatable && seen.acts > 1) this.violations.actedTwice += 1;
  }
}
