/** The codes of every error that the pipeline itself throws. */
export type HoldfastErrorCode =
  | 'ERR_CIRCUIT_OPEN'
  | 'ERR_CLIENT_CLOSED'
  | 'ERR_DEADLINE_EXCEEDED'
  | 'ERR_ATTEMPT_TIMEOUT'
  | 'ERR_INTERACTION_REQUIRED'
  | 'ERR_THROTTLED'
  | 'ERR_TOKEN_ACQUISITION'
  | 'ERR_TOKEN_ORIGIN';
