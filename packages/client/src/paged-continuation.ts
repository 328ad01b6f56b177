import * as v from 'valibot';

/** What a request for another page has that the first one has not. */
export type Continuation =
  | { readonly url: string }
  | {
      readonly params?: Readonly<Record<string, unknown>> | undefined;
      readonly data?: unknown;
    };

const schema = v.union([
  v.strictObject({ url: v.pipe(v.string(), v.nonEmpty()) }),
  v.strictObject({ params: v.optional(v.record(v.string(), v.unknown())), data: v.optional(v.unknown()) }),
]);

/** A continuation as a text that can be stored, and go into a URL. */
export function printContinuation(continuation: Continuation): string {
  return Buffer.from(JSON.stringify(continuation)).toString('base64url');
}

/** What was printed; `undefined` for any other text. */
export function parseContinuation(text: string): Continuation | undefined {
  try {
    const { success, output } = v.safeParse(schema, JSON.parse(Buffer.from(text, 'base64url').toString()));
    return success ? output : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Tells when continuations come around again, whatever the length of the circle, with two of them to remember: the last, since
 * a page that leads to itself is the common fault, and one that moves on in ever longer strides.
 *
 * R. P. Brent, "An improved Monte Carlo factorization algorithm", BIT 20 (1980).
 */
export class Circle {
  #last: string | undefined = undefined;
  #mark: string | undefined = undefined;
  #stride = 1;
  #steps = 0;

  /** Whether it is known by now that this one came before. */
  closesWith(continuation: string): boolean {
    if (continuation === this.#last || continuation === this.#mark) return true;
    this.#last = continuation;
    this.#steps += 1;
    if (this.#steps === this.#stride) {
      this.#mark = continuation;
      this.#stride *= 2;
      this.#steps = 0;
    }
    return false;
  }
}
