import { isHoldfastError, unavailableReasons } from '@holdfast/core';

// Deep enough for an error of ours around one of MSAL's around one of axios's around one of Node's.
const MOST_CAUSES = 5;

/** Members with which SDKs say what went wrong, and which are no place for a secret. */
const TOLD = ['code', 'errorCode', 'status', 'statusCode', 'correlationId'] as const;

/**
 * An error and what led to it, told again by errors that hold nothing else: names, messages, stacks and codes. A foreign
 * error can carry whatever its maker had at hand, under any name: axios's the request, with a secret in its body; one of a
 * Holdfast client of the credential's own, that client's call.
 */
export function retold(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error))
    return typeof error === 'object' || typeof error === 'function' ? undefined : error;
  if (depth === MOST_CAUSES) return undefined;
  const reasons = isHoldfastError(error) ? undefined : unavailableReasons(error);
  if (reasons !== undefined) return toldAgain(error.name, reasons.join('; '));
  const again =
    error instanceof AggregateError
      ? new AggregateError(error.errors.map((one) => retold(one, depth + 1)))
      : new Error();
  // As with any error: not enumerable.
  const hidden: Record<string, unknown> = { name: error.name, message: error.message, stack: error.stack };
  const cause = retold(error.cause, depth + 1);
  if (cause !== undefined) hidden['cause'] = cause;
  for (const [name, value] of Object.entries(hidden))
    Object.defineProperty(again, name, { value, writable: true, configurable: true });
  return Object.assign(again, codesOf(error));
}

/**
 * A tool's own output, with the token in it, may be quoted by what a credential says that is not available: in its message
 * and stack, in what led to it, and anywhere else.
 */
function toldAgain(name: string, message: string): Error {
  return Object.defineProperty(new Error(message), 'name', {
    value: name,
    writable: true,
    configurable: true,
  });
}

function codesOf(error: Error): Partial<Record<(typeof TOLD)[number], string | number>> {
  const codes: Partial<Record<(typeof TOLD)[number], string | number>> = {};
  const members = error as Partial<Record<(typeof TOLD)[number], unknown>>;
  for (const name of TOLD) {
    const value = members[name];
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') codes[name] = value;
  }
  return codes;
}
