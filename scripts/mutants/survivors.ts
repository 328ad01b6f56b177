/** What is read of Stryker's report (the mutation testing report schema). */
export interface Report {
  readonly files: Readonly<Record<string, MutatedFile>>;
}

export interface MutatedFile {
  readonly source: string;
  readonly mutants: readonly Mutant[];
}

interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Mutant {
  readonly status: string;
  readonly replacement?: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

/** A mutant that no test notices, as it stands on the page. */
export interface Survivor {
  readonly file: string;
  /** The line on which it begins, the code on it that is replaced, and by what. Of several lines the first. */
  readonly line: string;
  readonly original: string;
  readonly replacement: string;
}

/** The survivors of a run. */
export function survivorsOf({ files }: Report): Survivor[] {
  return Object.entries(files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants
      .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
      .map(({ location: { start, end }, replacement = '' }) => {
        const line = lines[start.line - 1] ?? '';
        const ending = end.line === start.line ? line.slice(0, end.column - 1) : line;
        const original = ending.slice(start.column - 1).trim();
        return { file, line: line.trim(), original, replacement: firstLine(replacement) };
      });
  });
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}

/** The list item that explains a survivor, up to the reason. */
export function itemOf({ line, original, replacement }: Survivor): string {
  return `- in ${code(line)}: ${code(original)} becomes ${code(replacement)}: `;
}

function code(text: string): string {
  const fence = text.includes('`') ? '``' : '`';
  const space = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return fence + space + text + space + fence;
}

/** The survivors that a page explains: a heading names the file, each item below it one of them. */
export function explainedIn(page: string): Survivor[] {
  const found: Survivor[] = [];
  let file = '';
  for (const text of page.split('\n')) {
    file = /^### `(.+)`$/.exec(text)?.[1] ?? file;
    const parts = /^- in (?<line>`.+`): (?<original>`.+`) becomes (?<replacement>`.*?`+): \S/.exec(
      text,
    )?.groups;
    if (parts === undefined) continue;
    const { line = '', original = '', replacement = '' } = parts;
    found.push({ file, line: plain(line), original: plain(original), replacement: plain(replacement) });
  }
  return found;
}

function plain(span: string): string {
  const [fence = ''] = /^`+/.exec(span) ?? [];
  const text = span.slice(fence.length, -fence.length);
  return /^ ?`|` ?$/.test(text) ? text.trim() : text;
}

/** Those of one list that the other one has not. */
export function without(survivors: readonly Survivor[], others: readonly Survivor[]): Survivor[] {
  const known = new Set(others.map((one) => JSON.stringify(keyOf(one))));
  return survivors.filter((one) => !known.has(JSON.stringify(keyOf(one))));
}

function keyOf({ file, line, original, replacement }: Survivor): readonly string[] {
  return [file, line, original, replacement];
}
