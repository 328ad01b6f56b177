/** How far a transfer has come: told for each piece of it, and at no other rate. */
export interface TransferProgress {
  /**
   * Bytes so far: of a download those that its stream has got, of an upload those that the transport has taken. Those of an
   * upload that is sent again begin at 0 again.
   */
  readonly transferred: number;
  /** Bytes in all; `undefined` where nobody has said. */
  readonly total: number | undefined;
  /** From 1: which answer a download comes from, or which send of an upload this is. */
  readonly attempt: number;
}

/** Is told of the progress of a transfer, and awaited. What it throws ends the transfer. */
export type OnProgress = (progress: TransferProgress) => unknown;
