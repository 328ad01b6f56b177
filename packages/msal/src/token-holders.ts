import type { TokenHolder } from '@holdfast/token';

/** Who holds tokens of a credential: held weakly, since a cache goes with its client. */
export class TokenHolders {
  #holders: WeakRef<TokenHolder>[] = [];

  /** How many there are, those included that are gone since somebody was added. */
  get size(): number {
    return this.#holders.length;
  }

  add(holder: TokenHolder): void {
    this.#holders = this.#holders.filter((one) => one.deref() !== undefined);
    this.#holders.push(new WeakRef(holder));
  }

  forget(): void {
    for (const holder of this.#holders) holder.deref()?.forget();
  }
}
