import { currentCall, described, headerOf, warning, type Interceptor } from '@holdfast/core';
import type { AxiosResponse } from 'axios';

/** From here on Microsoft Graph tells how much of a limit is used. */
const NEARLY_ALL = 0.8;

/**
 * Writes into a call's story what Microsoft Graph says about a failure: the `request-id` by which its support finds it, and of a
 * throttled call by whom it is counted and why. Warns once when an answer says that most of a limit is used. Place it next to the
 * transport, so that it sees every send.
 *
 * https://learn.microsoft.com/graph/throttling-limits#additional-headers, https://learn.microsoft.com/graph/best-practices-concept
 */
export function graphHints(): Interceptor {
  const interceptor: Interceptor = (next) => {
    // Here, so that it is told of each client: several may share what this factory returned.
    const warnOfLimit = warning(
      'LIMIT_NEAR',
      'An answer says that 80 % of what a service allows this application, or more, are used: it will throttle it soon. Call it less, or ask for less at a time',
    );

    return function telling(config): Promise<AxiosResponse> {
      return next(config).then((response) => {
        const { status, headers } = response;
        if (status >= 400) {
          const call = currentCall(config);
          for (const hint of hintsIn(headers, status)) call.note(hint);
        }
        if (usedShareOf(headers) >= NEARLY_ALL) warnOfLimit(currentCall(config).service);
        return response;
      });
    };
  };
  return described(interceptor, 'graphHints');
}

function* hintsIn(headers: unknown, status: number): Generator<string> {
  const requestId = headerOf(headers, 'request-id');
  if (requestId !== undefined && /^[\w-]{1,80}$/.test(requestId)) yield `request-id ${requestId}`;
  if (status !== 429 && status !== 503) return;
  const scope = scopeOf(headerOf(headers, 'x-ms-throttle-scope'));
  const reason = wordsOf(headerOf(headers, 'x-ms-throttle-information'));
  if (scope !== undefined || reason !== undefined)
    yield `throttled by ${scope ?? 'an unknown limit'}${reason === undefined ? '' : `: ${reason}`}`;
}

/** `Tenant_Application/ReadWrite` of `Tenant_Application/ReadWrite/…/…`: what follows are ids, which may be a user's. */
function scopeOf(field: string | undefined): string | undefined {
  return /^\w{1,40}\/\w{1,40}(?=\/|$)/.exec(field ?? '')?.[0];
}

/** "Can have any value": one that is long, or that no log should have, is none. */
function wordsOf(field: string | undefined): string | undefined {
  return field !== undefined && /^[\w .,-]{1,100}$/.test(field) ? field : undefined;
}

function usedShareOf(headers: unknown): number {
  const field = headerOf(headers, 'x-ms-throttle-limit-percentage')?.trim() ?? '';
  return /^\d{1,3}(?:\.\d{1,9})?$/.test(field) ? Number(field) : 0;
}
