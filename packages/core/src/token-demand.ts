import type { StepUp } from './bearer-challenges.js';

/** What an API demands of the next token, beside being another one: claims, or that its user signs in anew. */
export interface TokenDemand extends StepUp {
  /** Those of a claims challenge, as decoded JSON text. */
  readonly claims?: string;
}
