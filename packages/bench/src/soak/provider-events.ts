import type { IdentityProvider } from '@holdfast/testing';
import type { SoakEvent } from './fault-names.js';
import type { Identities } from './identities.js';
import type { Plan } from './plan.js';

type ProviderEvent = Extract<SoakEvent, `the provider ${string}`>;

const FAULTS: Readonly<Record<ProviderEvent, (idp: IdentityProvider) => void | Promise<void>>> = {
  'the provider answers 503': (idp) => {
    idp.fail({ status: 503 });
  },
  'the provider throttles': (idp) => {
    idp.fail({ status: 429, retryAfter: '1' });
  },
  'the provider resets': (idp) => {
    idp.fail({ reset: true });
  },
  'the provider hangs': (idp) => {
    idp.fail({ hang: true });
  },
  'the provider is slow': (idp) => {
    idp.delayMs = 600;
  },
  'the provider answers garbage': (idp) => {
    idp.fail({ status: 200, body: 'html' });
  },
  'the provider is down': (idp) => idp.down(),
};

export function isProviderEvent(event: SoakEvent): event is ProviderEvent {
  return event in FAULTS;
}

/** Has it fail until the function is called that it resolves to. Met is what was asked for in between. */
export async function failProvider(
  idp: IdentityProvider,
  event: ProviderEvent,
  identities: Identities,
  plan: Plan,
): Promise<() => Promise<void>> {
  await FAULTS[event](idp);
  const asked = (): number =>
    event === 'the provider is down' ? identities.failed : idp.tokenRequests.length;
  const before = asked();
  return async () => {
    plan.meet(event, asked() - before);
    idp.fail(null);
    idp.delayMs = 0;
    await idp.up();
  };
}
