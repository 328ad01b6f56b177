/** A token as Azure's credentials hand it out. */
export interface StaticToken {
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresOnTimestamp: number;
  /** Epoch milliseconds. */
  readonly refreshAfterTimestamp?: number;
}

/** What a token is asked for with. */
export interface GetTokenOptions {
  readonly abortSignal?: AbortSignal;
  /** JSON text. */
  readonly claims?: string;
  /** RFC 9470. */
  readonly acrValues?: string;
  /** Seconds; RFC 9470. */
  readonly maxAge?: number;
  readonly tenantId?: string;
  readonly enableCae?: boolean;
  readonly forceRefresh?: boolean;
}

/** One call of `getToken`. */
export interface CredentialRequest {
  readonly scopes: readonly string[];
  readonly options: GetTokenOptions;
}

/** A token or its text, none (null), or an error to reject with. */
export type CredentialAnswer = string | StaticToken | Error | null;

/** Decides upon a request. `number` counts the requests from 1. */
export type CredentialFunction = (
  request: CredentialRequest,
  number: number,
) => CredentialAnswer | Promise<CredentialAnswer>;

/** A credential that asks nobody, in the shape of Azure's. */
export class StaticCredential {
  /** Every request, in order. */
  readonly requests: CredentialRequest[] = [];
  readonly #answer: CredentialFunction;

  constructor(answer: CredentialFunction) {
    this.#answer = answer;
  }

  async getToken(
    scopes: string | readonly string[],
    options: GetTokenOptions = {},
  ): Promise<StaticToken | null> {
    const request = { scopes: typeof scopes === 'string' ? [scopes] : [...scopes], options };
    this.requests.push(request);
    const answer = await this.#answer(request, this.requests.length);
    if (answer instanceof Error) throw answer;
    return typeof answer === 'string' ? { token: answer, expiresOnTimestamp: FAR_FUTURE } : answer;
  }
}

const FAR_FUTURE = Date.UTC(2100, 0, 1);

/**
 * A credential with tokens that were made before: one for every request, one after the other (the last one again and
 * again), or what a function says. The text of a token stands for one that is valid until 2100.
 */
export function staticCredential(
  answers: CredentialAnswer | readonly CredentialAnswer[] | CredentialFunction = 'a-static-token',
): StaticCredential {
  if (typeof answers === 'function') return new StaticCredential(answers);
  if (!isList(answers)) return new StaticCredential(() => answers);
  return new StaticCredential((_, number) => answers[Math.min(number, answers.length) - 1] ?? null);
}

// Array.isArray does not narrow readonly arrays.
function isList(
  answers: CredentialAnswer | readonly CredentialAnswer[],
): answers is readonly CredentialAnswer[] {
  return Array.isArray(answers);
}
