export { attemptTimeout, type AttemptTimeoutOptions } from './attempt-timeout.js';
export { deadline, type DeadlineOptions } from './deadline.js';
export { withDeadline, type WithDeadlineOptions } from './inherited-deadline.js';
