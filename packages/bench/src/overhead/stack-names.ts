/** Everything that is measured, as the tables name it and in their order. */
export const STACK_TITLES = {
  bare: 'bare axios',
  // What is between these two is what the machine does beside.
  again: 'bare axios, once more',
  authorized: 'bare axios, a token among its headers',
  naive: 'naive, token in a variable',
  'naive-msal': 'naive, MSAL per call',
  opossum: 'opossum alone',
  cockatiel: 'cockatiel: retry, breaker, timeout',
  'core-rest-pipeline': '@azure/core-rest-pipeline, bearer policy',
  nothing: '`install()` without interceptors',
  attachToken: '`attachToken()`',
  claimsChallenge: '`attachToken()`, `claimsChallenge()`',
  retry: '`retry()`',
  throttleGate: '`throttleGate()`',
  circuitBreaker: '`circuitBreaker()`',
  attemptTimeout: '`attemptTimeout()`',
  deadline: '`deadline()`',
  standard: '`createServiceClient()`',
  factory: 'a client of `createClientFactory()`',
} as const;

export type StackName = keyof typeof STACK_TITLES;

export const STACK_NAMES: readonly StackName[] = Object.keys(STACK_TITLES) as StackName[];

/** Those that are named; of no names, all. */
export function stackNames(names: readonly string[]): readonly StackName[] {
  if (names.length === 0) return STACK_NAMES;
  return names.map((name) => {
    const known = STACK_NAMES.find((each) => each === name);
    if (known === undefined) throw new Error(`There is no stack "${name}": one of ${STACK_NAMES.join(', ')}`);
    return known;
  });
}
