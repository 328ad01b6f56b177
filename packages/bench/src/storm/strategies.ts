import {
  budget,
  budgetAndGateForAll,
  holdfast,
  holdfastWithoutBreaker,
  holdfastWithoutGate,
} from './strategies-holdfast.js';
import {
  axiosRetryAfter,
  axiosRetryAlone,
  axiosRetryOpossum,
  axiosRetryTimeouts,
  cockatiel,
  noRetries,
} from './strategies-naive.js';
import type { Strategy } from './strategy.js';

/** By the names that one gives on a command line, in the order of the tables. */
export const strategies: Readonly<Record<string, Strategy>> = {
  'no-retries': noRetries,
  'axios-retry': axiosRetryAlone,
  'axios-retry-timeouts': axiosRetryTimeouts,
  'axios-retry-opossum': axiosRetryOpossum,
  'axios-retry-after': axiosRetryAfter,
  budget,
  'budget-gate-for-all': budgetAndGateForAll,
  cockatiel,
  holdfast,
  'holdfast-no-breaker': holdfastWithoutBreaker,
  'holdfast-no-gate': holdfastWithoutGate,
};
