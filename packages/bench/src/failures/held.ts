import type { Measurement } from '../measurement.js';
import { heldCalls, type HeldCallsResult } from './held-calls.js';
import { heldServices, type HeldServicesResult } from './held-services.js';
import { heldTokens, type HeldTokensResult } from './held-tokens.js';

export interface HeldResult {
  readonly calls: HeldCallsResult;
  readonly services: HeldServicesResult;
  readonly tokens: HeldTokensResult;
}

/** What is held while things go wrong, or while nothing happens: calls that wait, services, tokens. */
export const held: Omit<Measurement<HeldResult>, 'name'> = {
  async measure(run) {
    return {
      calls: await heldCalls.measure(run),
      services: await heldServices.measure(run),
      tokens: await heldTokens.measure(run),
    };
  },

  page({ calls, services, tokens }) {
    return [heldCalls.page(calls), heldServices.page(services), heldTokens.page(tokens)].join('\n\n');
  },

  goals({ calls, services, tokens }) {
    return [...heldCalls.goals(calls), ...heldServices.goals(services), ...heldTokens.goals(tokens)];
  },
};
