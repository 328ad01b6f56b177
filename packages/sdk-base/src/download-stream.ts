import { Readable } from 'node:stream';
import type { DownloadSource } from './download-source.js';
import type { OnProgress } from './transfer-progress.js';

/** A download as a stream: it asks for a piece when there is room for one, and when it is destroyed the request ends at once. */
export class DownloadStream extends Readable {
  readonly #source: DownloadSource;
  readonly #onProgress: OnProgress | undefined;
  #isAtEnd = false;

  constructor(source: DownloadSource, onProgress: OnProgress | undefined) {
    super();
    this.#source = source;
    this.#onProgress = onProgress;
  }

  override _read(): void {
    this.#next().then(
      (piece) => {
        if (!this.destroyed) this.push(piece);
      },
      (error: unknown) => {
        this.destroy(error as Error);
      },
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // What has come to its end need not be cancelled: the connection serves somebody else by now.
    if (!this.#isAtEnd) this.#source.leave();
    done(error);
  }

  /** The next piece, told of; null at the end. */
  async #next(): Promise<Buffer | null> {
    const piece = await this.#source.next();
    if (this.destroyed) return null;
    if (piece === undefined) this.#isAtEnd = true;
    else await this.#onProgress?.(this.#source.progress);
    return piece ?? null;
  }
}
