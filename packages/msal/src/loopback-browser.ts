import { cancellationOf, isCanceled, onCancel, orCanceled } from '@holdfast/core';
import { request } from 'node:http';
import { noTokenFor, refused } from './refused.js';
import type { OpenBrowser } from './sign-in.js';
import type { UserTokens } from './user-application.js';
import type { UserClient, UserNeed } from './user-client.js';

/** By a browser on this machine, which comes back to MSAL's listener on loopback. Ends, listener and all, when it is given up. */
export async function askInBrowser(
  client: UserClient,
  need: UserNeed,
  loginHint: string | undefined,
  openBrowser: OpenBrowser,
): Promise<UserTokens> {
  const { caller, scopes } = need;
  let opened: string | undefined = undefined;
  let unopened: { readonly error: unknown } | undefined = undefined as
    { readonly error: unknown } | undefined;
  const off = onCancel(caller, () => {
    if (opened !== undefined) turnAway(opened);
  });
  try {
    return await client.inBrowser(need, loginHint, async (url) => {
      if (isCanceled(caller)) throw cancellationOf(caller);
      opened = url;
      await orCanceled(
        (async () => openBrowser(url))().catch((error: unknown) => {
          unopened = { error };
          throw error;
        }),
        caller,
      );
    });
  } catch (failure) {
    if (unopened === undefined) throw failure;
    const { error } = unopened;
    const name = error instanceof Error ? error.name : typeof error;
    throw refused(`${noTokenFor(scopes)}openBrowser failed (${name})`, scopes, { transient: false });
  } finally {
    off();
  }
}

/** MSAL's listener has no other way to be ended: it is told, as the browser would, that the user has gone. */
function turnAway(url: string): void {
  const { searchParams } = new URL(url);
  const redirect = new URL(searchParams.get('redirect_uri') ?? '');
  const body = new URLSearchParams({ state: searchParams.get('state') ?? '', error: 'canceled' }).toString();
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const options = { host: '127.0.0.1', port: redirect.port, method: 'POST', headers, agent: false } as const;
  // Nobody listens any more: then there is nothing to end.
  request(options, (response) => response.resume())
    .on('error', () => undefined)
    .end(body);
}
