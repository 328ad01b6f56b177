/** A store that cannot be used. What it says is ours, holds no secret, and goes into a warning. */
export class StoreFault extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StoreFault';
  }
}
