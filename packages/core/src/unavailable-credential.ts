import { cleanMessage } from './error-summary.js';
import { InteractionRequiredError, TokenAcquisitionError, isHoldfastError } from './errors.js';
import type { TokenDemand } from './token-demand.js';
import type { TokenFailure } from './token-failure.js';

/** For whom a credential was not available. */
export interface UnavailableInit {
  /** The identity provider that was to be asked. */
  readonly service: string;
  readonly scopes: readonly string[];
  /** What the token was asked for with. */
  readonly demand: TokenDemand;
  readonly cause: unknown;
}

/**
 * Why a credential has nothing to stand on here, on one line each: several for a chain of credentials. `undefined` when it
 * failed otherwise, or not for that alone. By name, as the Azure SDK's chains tell it.
 *
 * The text of a foreign error is told for this only, because it says what the developer has to do ("az login"), and without
 * what looks like a credential. That of any other failure may quote what was sent.
 */
export function unavailableReasons(error: unknown, claims?: string): readonly string[] | undefined {
  return reasonsOf(error, claims, MOST_CHAINS);
}

function reasonsOf(
  error: unknown,
  claims: string | undefined,
  deeper: number,
): readonly string[] | undefined {
  if (isHoldfastError(error)) {
    const isUnavailable = isHoldfastError(error, 'ERR_TOKEN_ACQUISITION') && error.unavailable;
    return isUnavailable ? [ownReason(error)] : undefined;
  }
  if (!(error instanceof Error)) return undefined;
  // Whoever has made it may have put anything there.
  const { name, message }: { readonly name: string; readonly message: unknown } = error;
  if (name === 'CredentialUnavailableError') return [foreignReason(String(message), claims)];
  const isChain = name === 'AggregateAuthenticationError' && 'errors' in error && deeper > 0;
  return isChain ? reasonsOfAll(error.errors, claims, deeper - 1) : undefined;
}

/**
 * The failure of a foreign credential that is not available, with what it says; `undefined` when it failed otherwise. A
 * developer's tool that cannot satisfy claims says so, and how: then a user is needed.
 */
export function unavailableFailure(
  error: unknown,
  { service, scopes, demand, cause }: UnavailableInit,
): TokenFailure | undefined {
  const { claims } = demand;
  const reasons = unavailableReasons(error, claims);
  if (reasons === undefined) return undefined;
  const wanted = scopes.join(' ');
  const said = reasons.join('; ');
  if (claims !== undefined && reasons.some((reason) => CLAIMS.test(reason))) {
    const message = `A token for ${wanted} can only be had by asking the user: ${said}`;
    return new InteractionRequiredError({ service, message, scopes, ...demand, cause });
  }
  const message = `No token for ${wanted}: the credential is not available: ${said}`;
  return new TokenAcquisitionError({ service, message, scopes, transient: true, unavailable: true, cause });
}

/** Azure CLI, Azure PowerShell and the Azure Developer CLI: "This credential doesn't support claims challenges. …". */
const CLAIMS = /claims challenge/i;

// As many as the Azure SDK's longest chain has.
const MOST_REASONS = 8;

// Deeper than anybody nests them: one that holds itself has no end.
const MOST_CHAINS = 5;

function reasonsOfAll(
  errors: unknown,
  claims: string | undefined,
  deeper: number,
): readonly string[] | undefined {
  if (!Array.isArray(errors) || errors.length === 0) return undefined;
  const all: string[] = [];
  for (const one of errors as readonly unknown[]) {
    const reasons = reasonsOf(one, claims, deeper);
    if (reasons === undefined) return undefined;
    all.push(...reasons);
  }
  return all.slice(0, MOST_REASONS);
}

/** Without how the message of every such error begins. */
function ownReason({ message, scopes }: TokenAcquisitionError): string {
  const beginning = `No token for ${scopes.join(' ')}: `;
  const reason = message.startsWith(beginning) ? message.slice(beginning.length) : message;
  return reason.replace(/\s*\n\s*/g, '; ');
}

const LONGEST_REASON = 500;
// A developer can paste that into a shell.
const LONGEST_CLAIMS = 2_000;

function foreignReason(message: string, claims: string | undefined): string {
  // Padded: a command may end with them.
  const line = `${message.replace(/\s+/g, ' ').trim()} `;
  const encoded = claims === undefined ? '' : Buffer.from(claims).toString('base64');
  // What the API asks for is no secret, and the command is of no use without it.
  if (encoded === '' || encoded.length > LONGEST_CLAIMS) return withoutSecrets(line).trim();
  return line.split(` ${encoded} `).map(withoutSecrets).join(` ${encoded} `).trim();
}

/** A tool's own output may be quoted: the token that it had, say. */
function withoutSecrets(text: string): string {
  return cleanMessage(text).replace(LONG_WORD, withoutOpaque).slice(0, LONGEST_REASON);
}

const LONG_WORD = /[\w~+/=-]{24,}/g;
const GUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/gi;

// The names of classes and variables are shorter.
const LONGEST_NAME = 40;

/** Letters and digits mixed, or too long for a name: a key, a secret. Ids of tenants and applications are none. */
function withoutOpaque(word: string): string {
  const rest = word.replace(GUID, '');
  const isMixed = /\d/.test(rest) && /[a-z]/i.test(rest);
  return isMixed || rest.split('/').some(({ length }) => length > LONGEST_NAME) ? '…' : word;
}
