/** A proof that cannot be had, or cannot be used. What it says is ours, and holds no secret. */
export class UnusableProof extends Error {
  /** Whether it may be had later, though nobody changes what it comes from. */
  readonly transient: boolean;

  constructor(message: string, transient = false) {
    super(message);
    this.name = 'UnusableProof';
    this.transient = transient;
  }
}
