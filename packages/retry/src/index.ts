export { RetryBudget, type RetryBudgetMode, type RetryBudgetOptions } from './budget.js';
export type { RequestRetryOptions } from './request-retry.js';
export { retry, type RetryOptions } from './retry.js';
