import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** One option, as a document's table or a docstring has it. */
interface DocumentedOption {
  readonly name: string;
  /** What stands where the default is named, up to the first comma, semicolon or colon; `required`. */
  readonly default: string | undefined;
}

/** The options of one factory, as they are documented in one place. */
export interface DocumentedOptions {
  readonly factory: string;
  readonly options: readonly DocumentedOption[];
  /** The factory, or the options type, whose options it takes as well. */
  readonly inherits: string | undefined;
}

/** A row of a document's table of options. */
export interface OptionRow extends DocumentedOption {
  readonly unit: string;
  readonly cost: string;
}

/** The tables `option of …() | unit | default | a wrong value …` of a document. */
export function tablesOf(text: string): (DocumentedOptions & { readonly options: readonly OptionRow[] })[] {
  const tables = text.match(/^\| option.*\n(?:\|.*\n?)+/gm) ?? [];
  return tables.map((table) => {
    const [header = [], , ...rows] = table
      .trim()
      .split('\n')
      .map((line) =>
        line
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      );
    const factory = /^option of `(\w+)\(\)`$/.exec(header[0] ?? '')?.[1];
    if (factory === undefined || !/^unit,default,a wrong value/.test(header.slice(1).join(','))) {
      throw new Error(
        `A table of options needs "option of \`…()\`", unit, default, a wrong value: ${header.join(' | ')}`,
      );
    }
    let inherits: string | undefined;
    const options: OptionRow[] = [];
    for (const [names = '', unit = '', fallback = '', cost = ''] of rows) {
      const others = /^those of `(\w+)\(\)`$/.exec(names)?.[1];
      if (others !== undefined) inherits = others;
      else {
        for (const [, name = ''] of names.matchAll(/`(\w+)`/g))
          options.push({ name, unit, default: phrase(fallback), cost });
      }
    }
    return { factory, options, inherits };
  });
}

/** The types of a package whose docstring says "Options of {@link …}". */
export function typesOf(folder: string): (DocumentedOptions & { readonly type: string })[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  return files.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    return statements.filter(ts.isInterfaceDeclaration).flatMap((declaration) => {
      const factory = /^Options of \{@link (\w+)\}/.exec(docstringOf(declaration))?.[1];
      if (factory === undefined) return [];
      const options = declaration.members.filter(ts.isPropertySignature).map((member) => ({
        name: member.name.getText(),
        default: defaultIn(member),
      }));
      const inherits = declaration.heritageClauses?.[0]?.types[0]?.expression.getText();
      return [{ factory, type: declaration.name.text, options, inherits }];
    });
  });
}

function defaultIn(member: ts.PropertySignature): string | undefined {
  if (member.questionToken === undefined) return 'required';
  const [, text] = /\bDefault: (.*)/s.exec(docstringOf(member)) ?? [];
  return text === undefined ? undefined : phrase(text);
}

/** As far as it names the default; what follows explains it. */
function phrase(text: string): string {
  const [named = ''] = text.split(/[.,;:](?:\s|$)| \(/);
  return named.replaceAll('`', '').trim();
}

function docstringOf(node: ts.Node): string {
  const text = ts.getJSDocCommentsAndTags(node)[0]?.getText() ?? '';
  return text
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/^\s*\*/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}
