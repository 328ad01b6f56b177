/** What a process complains of when nobody has handled it: rejections, exceptions, and Node's own warnings. */
export class Complaints {
  readonly heard: string[] = [];
  readonly #onWarning = ({ name, message }: Error): void => {
    this.heard.push(`${name}: ${message}`);
  };
  // The stack and not the error: a request hangs on those of axios.
  readonly #onFailure = (error: unknown): void => {
    this.heard.push(`unhandled: ${error instanceof Error ? (error.stack ?? error.message) : typeof error}`);
  };

  constructor() {
    process.on('warning', this.#onWarning);
    process.on('unhandledRejection', this.#onFailure);
    process.on('uncaughtException', this.#onFailure);
  }

  end(): void {
    process.off('warning', this.#onWarning);
    process.off('unhandledRejection', this.#onFailure);
    process.off('uncaughtException', this.#onFailure);
  }
}
