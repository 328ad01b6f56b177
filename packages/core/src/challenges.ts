/** One challenge of a WWW-Authenticate field (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** In lower case: `bearer`. */
  readonly scheme: string;
  /** The one piece of data some schemes send in place of parameters: `Negotiate oYG0…`. */
  readonly token68?: string;
  /** By name in lower case; without a prototype, so that no name is special. Quoting and escapes are undone. */
  readonly params: Readonly<Record<string, string>>;
}

// tchar and token68 of RFC 9110, sections 5.6.2 and 11.2; sticky, so that each is tried at one place only.
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*/y;
const SPACE = /[ \t]*/y;
const LIST_GAP = /[ \t,]*/y;
// A run of qdtext, and one quoted-pair, of RFC 9110, section 5.6.4 (obs-text included).
const QUOTED_TEXT = /[\t \x21\x23-\x5b\x5d-\x7e\x80-\uffff]*/y;
const QUOTED_PAIR = /\\([\t \x21-\x7e\x80-\uffff])/y;

/**
 * Reads the value, or the lines, of a WWW-Authenticate field. Never throws; what stands before a fault is kept; a
 * challenge that names a parameter twice is left out, since nobody can say which of the two counts.
 *
 * The whole grammar of RFC 9110, sections 11.2 to 11.6.1, in time linear to the length of the input.
 */
export function parseChallenges(value: string | readonly string[] | undefined): Challenge[] {
  if (value === undefined) return [];
  const lines = typeof value === 'string' ? [value] : value;
  return lines.flatMap((line) => parseLine(line));
}

function parseLine(line: string): Challenge[] {
  const reader = new Reader(line);
  const challenges: Challenge[] = [];
  reader.skipListGap();
  while (!reader.ended) {
    const { challenge, faulty } = parseChallenge(reader);
    if (challenge !== undefined) challenges.push(challenge);
    if (faulty) break;
  }
  return challenges;
}

/** Reads one challenge. `faulty`: the rest of the line cannot be made sense of. */
function parseChallenge(reader: Reader): { challenge?: Challenge; faulty: boolean } {
  const scheme = reader.take(TOKEN)?.toLowerCase();
  if (scheme === undefined) return { faulty: true };
  const spaced = reader.take(SPACE) !== '';

  const token68 = spaced ? reader.takeToken68() : undefined;
  const params = Object.create(null) as Record<string, string>;
  if (token68 !== undefined) return { challenge: { scheme, token68, params }, faulty: !reader.skipListGap() };

  let separated = reader.skipListGap();
  if (!spaced && !separated) return { faulty: true };

  let repeated = false;
  let faulty = false;
  while (!reader.ended && !faulty) {
    const param = reader.takeParam();
    if (param === 'none') {
      // Behind a comma this is the next challenge's scheme.
      faulty = !separated;
      break;
    }
    if (param === 'broken') {
      faulty = true;
      break;
    }
    repeated ||= param.name in params;
    params[param.name] = param.value;
    separated = reader.skipListGap();
    faulty = !separated;
  }
  return repeated ? { faulty } : { challenge: { scheme, params }, faulty };
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get ended(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Takes what the sticky pattern matches here; its first group, where it has one. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match[1] ?? match[0];
  }

  /** Skips to the next list element; false when something else than a comma stands in the way. */
  skipListGap(): boolean {
    const gap = this.take(LIST_GAP) ?? '';
    return this.ended || gap.includes(',');
  }

  /** A token68 counts as one only when the list element ends behind it: `abc` could also be a parameter's name. */
  takeToken68(): string | undefined {
    const start = this.#at;
    const token68 = this.take(TOKEN68);
    if (token68 !== undefined) {
      this.take(SPACE);
      if (this.ended || this.#text[this.#at] === ',') return token68;
    }
    this.#at = start;
    return undefined;
  }

  /** A `name=value`; 'none' when what stands here is no `name=`; 'broken' when no value follows. */
  takeParam(): { name: string; value: string } | 'none' | 'broken' {
    const start = this.#at;
    const name = this.take(TOKEN);
    if (name === undefined) return 'broken';
    this.take(SPACE);
    if (this.#text[this.#at] !== '=') {
      this.#at = start;
      return 'none';
    }
    this.#at += 1;
    this.take(SPACE);
    const value = this.#text[this.#at] === '"' ? this.#takeQuotedString() : this.take(TOKEN);
    return value === undefined ? 'broken' : { name: name.toLowerCase(), value };
  }

  // A loop, where one expression with nested repetition overflows the stack from some megabytes on.
  #takeQuotedString(): string | undefined {
    this.#at += 1;
    const pieces: string[] = [];
    for (;;) {
      pieces.push(this.take(QUOTED_TEXT) ?? '');
      const escaped = this.take(QUOTED_PAIR);
      if (escaped === undefined) break;
      pieces.push(escaped);
    }
    if (this.#text[this.#at] !== '"') return undefined;
    this.#at += 1;
    return pieces.join('');
  }
}
