import { manualClock, type IdentityProvider, type ManualClock } from '@holdfast/testing';

export const SCOPE = 'api://orders/.default';

/** As now as the identity provider's own clock, but it stands still. */
export function stillClock(): ManualClock {
  return manualClock({ fakeGlobals: false, now: Date.now() });
}

/** Resolves as soon as it is so: what is waited for goes over a socket. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** The grants that the identity provider was asked for, in order. */
export function grants(idp: IdentityProvider): string[] {
  return idp.tokenRequests.map(({ grantType }) => grantType.replace(/^urn:.*:/, ''));
}

/** Opens what it is given as the browser of whoever is at the machine. */
export function browserOf(idp: IdentityProvider): (url: string) => Promise<void> {
  return async (url) => {
    await idp.browse(url);
  };
}
