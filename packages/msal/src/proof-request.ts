/** What a function is told that is asked for a proof. */
export interface ProofRequest {
  /**
   * `invalid_client`: the provider has just refused what was last returned. If something else is returned now, that is sent at
   * once; and so a rotation fails no acquisition.
   */
  readonly reason: 'acquisition' | 'invalid_client';
  /** The tenant that is asked; `undefined` where it stands in the option `authority` alone. */
  readonly tenantId: string | undefined;
  readonly clientId: string;
  /** Aborted when nobody waits for the answer any more, or `timeoutMs` has passed. */
  readonly abortSignal: AbortSignal;
}
