// What ends a line, moves a terminal's cursor, or turns the direction of writing around.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A text of which a log makes one line, whatever was written into a path, a name or an id: the rest is shown as its code. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`);
}
