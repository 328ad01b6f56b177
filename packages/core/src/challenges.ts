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
// A run of qdtext, and one quoted-pair, of RFC 9110, section 5.6.4. Of obs-text an adapter may have made characters by UTF-8.
const QUOTED_TEXT = /[\t \x21\x23-\x5b\x5d-\x7e\x80-\uffff]*/y;
const QUOTED_PAIR = /\\([\t \x21-\x7e\x80-\uffff])/y;

/**
 * Reads the value, or the lines, of a WWW-Authenticate field. Never throws; what stands before a fault is kept, and the
 * line after it is read on its own; a challenge that names a parameter twice is left out, since nobody can say which of the
 * two counts. What is no text, as a custom adapter may put it there, is no line.
 *
 * The whole grammar of RFC 9110, sections 5.2, 5.6 and 11.2 to 11.6.1, in time linear to the length of the input. Two things are
 * taken more kindly than they are written there, since they can mean nothing else: a tab behind the scheme, and a comma.
 */
export function parseChallenges(value: string | readonly string[] | undefined): Challenge[] {
  const lines: readonly unknown[] = Array.isArray(value) ? value : [value];
  const found: Draft[] = [];
  // The value is all lines with commas between them (section 5.2): a challenge may go on in the next one.
  let open: Draft | undefined;
  for (const line of lines) {
    if (typeof line === 'string') open = readLine(line, open, found);
  }
  return found.filter(({ isUsable }) => isUsable).map(({ challenge }) => challenge);
}

interface Draft {
  readonly challenge: Challenge & { readonly params: Record<string, string> };
  isUsable: boolean;
}

/** Adds the challenges of a line. Returns the one that the next line may go on with; none behind a fault. */
function readLine(line: string, last: Draft | undefined, found: Draft[]): Draft | undefined {
  const reader = new Reader(line);
  let open = last;
  reader.skipListGap();
  while (!reader.ended) {
    const beginning = reader.takeBeginning();
    if (beginning !== undefined) {
      const { scheme, token68 } = beginning;
      const params = Object.create(null) as Record<string, string>;
      open = { challenge: { scheme, ...(token68 !== undefined && { token68 }), params }, isUsable: true };
      found.push(open);
    }
    if (beginning?.isWhole !== true) {
      const param = reader.takeParam();
      if (param === undefined || open === undefined || open.challenge.token68 !== undefined) return undefined;
      add(param, open);
    }
    if (!reader.skipListGap()) return undefined;
  }
  return open;
}

function add({ name, value }: Param, draft: Draft): void {
  const { params } = draft.challenge;
  if (name in params) draft.isUsable = false;
  params[name] = value;
}

/** The scheme, and what belongs to it alone. */
interface Beginning {
  readonly scheme: string;
  readonly token68: string | undefined;
  /** Whether the list element ends here; else a parameter follows. */
  readonly isWhole: boolean;
}

interface Param {
  readonly name: string;
  readonly value: string;
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

  /** Skips to the next list element; false when something else than a comma stands in the way. */
  skipListGap(): boolean {
    const gap = this.#take(LIST_GAP) ?? '';
    return this.ended || gap.includes(',');
  }

  /** `undefined` where a parameter of the challenge before stands, or nothing that could be one or the other. */
  takeBeginning(): Beginning | undefined {
    const start = this.#at;
    const scheme = this.#take(TOKEN)?.toLowerCase();
    const isSpaced = this.#take(SPACE) !== '';
    if (scheme !== undefined && this.#isAtElementEnd()) return { scheme, token68: undefined, isWhole: true };
    if (scheme === undefined || !isSpaced || this.#isAt('=')) {
      this.#at = start;
      return undefined;
    }
    const token68 = this.#takeToken68();
    return { scheme, token68, isWhole: token68 !== undefined };
  }

  /** A `name=value`; `undefined` when none stands here, or a value that is cut off. */
  takeParam(): Param | undefined {
    const name = this.#take(TOKEN);
    this.#take(SPACE);
    if (name === undefined || !this.#isAt('=')) return undefined;
    this.#at += 1;
    this.#take(SPACE);
    const value = this.#isAt('"') ? this.#takeQuotedString() : this.#takeWholeToken();
    return value === undefined ? undefined : { name: name.toLowerCase(), value };
  }

  #isAt(character: string): boolean {
    return this.#text[this.#at] === character;
  }

  #isAtElementEnd(): boolean {
    return this.ended || this.#isAt(',');
  }

  /** Takes what the sticky pattern matches here; its first group, where it has one. */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match[1] ?? match[0];
  }

  /** A token68 counts as one only when the list element ends behind it: `abc=` could also begin a parameter. */
  #takeToken68(): string | undefined {
    const start = this.#at;
    const token68 = this.#take(TOKEN68);
    this.#take(SPACE);
    if (token68 !== undefined && this.#isAtElementEnd()) return token68;
    this.#at = start;
    return undefined;
  }

  /** Of `https://login.example` the token is `https`, which nobody meant. */
  #takeWholeToken(): string | undefined {
    const token = this.#take(TOKEN);
    const isWhole = this.#isAtElementEnd() || this.#isAt(' ') || this.#isAt('\t');
    return isWhole ? token : undefined;
  }

  // A loop, where one expression with nested repetition overflows the stack from some megabytes on.
  #takeQuotedString(): string | undefined {
    this.#at += 1;
    const pieces: string[] = [];
    for (;;) {
      pieces.push(this.#take(QUOTED_TEXT) ?? '');
      const escaped = this.#take(QUOTED_PAIR);
      if (escaped === undefined) break;
      pieces.push(escaped);
    }
    if (!this.#isAt('"')) return undefined;
    this.#at += 1;
    return pieces.join('');
  }
}
