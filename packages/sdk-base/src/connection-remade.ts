import { SETTING_NAMES } from './connection.js';

/**
 * An instance of the same class, by the class's own constructor: what its fields and its constructor make follows, and nothing goes on with the
 * settings, or the identity, of before.
 *
 * @throws {TypeError} where the constructor takes something else.
 */
export function remadeBy<Made extends object>(original: Made, source: object, what: string): Made {
  const Own = original.constructor as new (source: object, ...more: readonly object[]) => Made;
  const hint = `as() and withOptions() make a ${Own.name} anew by its constructor, from an ${what}: let it hand that on to super(), or override remade()`;
  const tooMuch = `${hint}. It takes more than that and settings`;
  if (Own.length > 2) throw new TypeError(tooMuch);
  const settings = new NoArgument(tooMuch, SETTING_NAMES);
  const others = new NoArgument(tooMuch, new Set());
  let made: Made;
  try {
    made = new Own(source, settings.shown, others.shown);
  } catch (error) {
    throw new TypeError(`${hint}. It threw`, { cause: error });
  }
  if (Own.length === 2 && !settings.isSeen) throw new TypeError(tooMuch);
  return made;
}

/**
 * Stands in a constructor's arguments for what nobody knows any more: as settings it has none, and whoever takes it for something else, a tenant
 * say, is told so at the latest when he makes use of it. With nothing in its place, `/${tenant}/orders` would lead somewhere.
 */
class NoArgument {
  readonly shown: object;
  #isSeen = false;

  constructor(message: string, names: ReadonlySet<unknown>) {
    const see = () => {
      this.#isSeen = true;
    };
    this.shown = new Proxy(
      {},
      {
        get: (_, name) => {
          if (!names.has(name)) throw new TypeError(message);
          see();
        },
        has: () => {
          see();
          return false;
        },
        ownKeys: () => {
          see();
          return [];
        },
      },
    );
  }

  /** Whether somebody has looked at it as one does at settings. */
  get isSeen(): boolean {
    return this.#isSeen;
  }
}

/** @throws {TypeError} for an instance that is not of the view that it was made for, and so would call as somebody else. */
export function refuseOther(name: string, isRightView: boolean): void {
  if (isRightView) return;
  throw new TypeError(
    `as() and withOptions(): the ${name} that was made anew has lost what it was made from: let its constructor hand that on to super(), or override remade()`,
  );
}
