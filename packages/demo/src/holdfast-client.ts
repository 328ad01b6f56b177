import { createServiceClient } from '@holdfast/client';
import { clientCredential } from '@holdfast/msal';
import type { Contestant, Place } from './stage.js';

/** The same client by Holdfast, as the README shows it. */
export function holdfastClient({ app, baseURL, scopes }: Place): Contestant {
  return {
    client: createServiceClient({ name: 'orders', baseURL, scopes, credential: clientCredential(app) }),
    close: () => undefined,
  };
}
