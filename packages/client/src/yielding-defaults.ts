import type { Interceptor } from '@holdfast/core';
import { shortestWindowMs } from './contradictions.js';
import { limitDefault, settingOf, type Usual } from './explain-sources.js';

/** Makes an interceptor of what its user gives, and what gives way to that. */
type Make<Made extends Interceptor> = (usual: Usual) => Made;

const NOTHING: Usual = { options: {} };

/**
 * A default contradicts nobody. Where it is no shorter than the deadline that its user wants, it is that deadline; what he gives
 * himself is refused instead.
 */
export function withinDeadline<Made extends Interceptor>(
  deadline: Interceptor,
  options: readonly string[],
  make: Make<Made>,
): Made {
  const made = make(NOTHING);
  const deadlineMs = settingOf(deadline, 'deadlineMs')?.value;
  if (typeof deadlineMs !== 'number') return made;
  const tooLong = options.filter((option) => isDefault(made, option, (ms) => ms >= deadlineMs));
  if (tooLong.length === 0) return made;
  const shortened = tooLong.map((option) => [option, Math.ceil(deadlineMs)] as const);
  return make({ source: 'deadlineMs', options: Object.fromEntries(shortened) });
}

/** The default of an attempt's time goes no further than the deadline, which ends it by itself: that is to be told. */
export function tellDeadline(deadline: Interceptor, attemptTimeout: Interceptor): void {
  const deadlineMs = settingOf(deadline, 'deadlineMs')?.value;
  if (typeof deadlineMs !== 'number') return;
  if (isDefault(attemptTimeout, 'timeoutMs', (ms) => ms > deadlineMs))
    limitDefault(attemptTimeout, 'timeoutMs', deadlineMs, 'deadlineMs');
}

/** axios's own `timeout` lifts the default of an attempt's time, and ends the attempt by itself: that is to be told. */
export function tellTimeout(attemptTimeout: Interceptor, timeoutMs: number): void {
  if (timeoutMs > 0 && isDefault(attemptTimeout, 'timeoutMs', () => true))
    limitDefault(attemptTimeout, 'timeoutMs', timeoutMs, 'axios.timeout');
}

/** A breaker whose window holds two attempts, unless its user gives another one. */
export function holdingTwoAttempts<Made extends Interceptor>(
  attemptTimeout: Interceptor,
  make: Make<Made>,
): Made {
  const made = make(NOTHING);
  const leastMs = shortestWindowMs(attemptTimeout);
  if (leastMs === undefined || !isDefault(made, 'windowMs', (ms) => ms < leastMs)) return made;
  return make({ source: 'attemptTimeoutMs', options: { windowMs: Math.ceil(leastMs) } });
}

function isDefault(made: Interceptor, option: string, holds: (ms: number) => boolean): boolean {
  const setting = settingOf(made, option);
  return setting?.source === 'default' && typeof setting.value === 'number' && holds(setting.value);
}
