export { RetryBudget, type RetryBudgetOptions } from './budget.js';
export { retry, type RetryOptions } from './retry.js';
