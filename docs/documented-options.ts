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

/** A document's table of the options of one factory. */
export interface OptionTable extends DocumentedOptions {
  readonly options: readonly OptionRow[];
  /** The factory whose rows hold here as well, and those of them that do not. */
  readonly takesOver: { readonly factory: string; readonly but: readonly string[] } | undefined;
}

/** A row of a document's table of options. */
interface OptionRow extends DocumentedOption {
  readonly unit: string;
  readonly cost: string;
}

/** The tables `option of …() | unit | default | a wrong value …` of a document. */
export function tablesOf(text: string): OptionTable[] {
  const tables = text.match(/^\| option.*\| default +\|.*\n(?:\|.*\n?)+/gm) ?? [];
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
    const factory = /^option of `(\w+)(?:\(\))?`$/.exec(header[0] ?? '')?.[1];
    if (factory === undefined || !/^unit,default,a wrong value/.test(header.slice(1).join(','))) {
      throw new Error(
        `A table of options needs "option of \`…()\`", unit, default, a wrong value: ${header.join(' | ')}`,
      );
    }
    let inherits: string | undefined;
    let takesOver: OptionTable['takesOver'];
    const options: OptionRow[] = [];
    for (const [names = '', unit = '', fallback = '', cost = ''] of rows) {
      const [, others, exceptions] = /^those of `(\w+)\(\)`(?: but (.+))?$/.exec(names) ?? [];
      if (others === undefined)
        for (const name of quotedIn(names)) options.push({ name, unit, default: phrase(fallback), cost });
      else if (exceptions === undefined) inherits = others;
      else takesOver = { factory: others, but: quotedIn(exceptions) };
    }
    return { factory, options, inherits, takesOver };
  });
}

function quotedIn(text: string): readonly string[] {
  return [...text.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
}

/** The same tables, with the rows that they take over from each other. */
export function completed(tables: readonly OptionTable[]): readonly OptionTable[] {
  return tables.map((table) => {
    if (table.takesOver === undefined) return table;
    const { factory, but } = table.takesOver;
    const other = tables.find((one) => one.factory === factory)?.options ?? [];
    const missing = but.filter((name) => !other.some((option) => option.name === name));
    if (missing.length > 0) throw new Error(`${factory}() has no ${missing.join(', ')} to leave out`);
    return { ...table, options: [...other.filter(({ name }) => !but.includes(name)), ...table.options] };
  });
}

/** The types of a package whose docstring says "Options of {@link …}". */
export function typesOf(folder: string): (DocumentedOptions & { readonly type: string })[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const statements = files.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return [...ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true).statements];
  });
  const interfaces = statements.filter(ts.isInterfaceDeclaration);
  const aliases = statements.filter(ts.isTypeAliasDeclaration);
  return interfaces.flatMap((declaration) => {
    const factory = factoryOf(declaration);
    if (factory === undefined) return [];
    const parent = declaration.heritageClauses?.[0]?.types[0];
    const known = interfaces.find(({ name }) => name.text === parent?.expression.getText());
    // Options that several factories share are documented with each of them; those of another factory with that one.
    const isOfAnother =
      known === undefined ? parent?.typeArguments === undefined : factoryOf(known) !== undefined;
    return {
      factory,
      type: declaration.name.text,
      options: isOfAnother ? optionsIn(declaration) : membersOf(declaration, interfaces, aliases),
      inherits: isOfAnother ? parent?.expression.getText() : undefined,
    };
  });
}

/** `{@link retry}`, a method as `{@link ClientFactory.close}`, or a part of another factory's options: "the agents that …". */
function factoryOf(declaration: ts.InterfaceDeclaration): string | undefined {
  const [, factory, part] =
    /^Options of (?:\{@link (?:\w+\.)?(\w+)\}|the (\w+)s that )/.exec(docstringOf(declaration)) ?? [];
  return factory ?? part;
}

function optionsIn(declaration: ts.InterfaceDeclaration): readonly DocumentedOption[] {
  return declaration.members
    .filter(ts.isPropertySignature)
    .map((member) => ({ name: member.name.getText(), default: defaultIn(member) }));
}

/** With those of the interfaces that it extends, or extends an `Omit` or a `Pick` of. */
function membersOf(
  declaration: ts.InterfaceDeclaration,
  interfaces: readonly ts.InterfaceDeclaration[],
  aliases: readonly ts.TypeAliasDeclaration[],
): readonly DocumentedOption[] {
  const named = (name: string | undefined) => {
    const found = interfaces.find((one) => one.name.text === name);
    if (found === undefined)
      throw new Error(`${declaration.name.text} extends ${name ?? 'what nobody can read'}`);
    return found;
  };
  const inherited = (declaration.heritageClauses?.[0]?.types ?? []).flatMap(
    ({ expression, typeArguments }) => {
      if (typeArguments === undefined) return membersOf(named(expression.getText()), interfaces, aliases);
      const [, from, names] = /^Pick<(\w+), (\w+)>$/.exec(expression.parent.getText()) ?? [];
      if (from !== undefined) {
        const picked = aliases.find(({ name }) => name.text === names)?.type.getText() ?? '';
        return membersOf(named(from), interfaces, aliases).filter(({ name }) => picked.includes(`'${name}'`));
      }
      const [, type = '', without] =
        /^Omit<(\w+), (?:keyof (\w+)|'.*')>$/.exec(expression.parent.getText()) ?? [];
      // What axios takes is documented there.
      if (type.startsWith('Axios')) return [];
      const left = membersOf(named(without), interfaces, aliases).map(({ name }) => name);
      return membersOf(named(type), interfaces, aliases).filter(({ name }) => !left.includes(name));
    },
  );
  const own = optionsIn(declaration);
  const isOwn = (name: string) => own.some((option) => option.name === name);
  return [...inherited.filter(({ name }) => !isOwn(name)), ...own];
}

function defaultIn(member: ts.PropertySignature): string | undefined {
  if (member.questionToken === undefined) return 'required';
  const [, text] = /\bDefault: (.*)/s.exec(docstringOf(member)) ?? [];
  return text === undefined ? undefined : phrase(text);
}

/** As far as it names the default, a list of words as a whole; what follows explains it. */
function phrase(text: string): string {
  const [list] = /^[a-z]+(?:, [a-z]+)+(?=$|[.;:])/.exec(text) ?? [];
  if (list !== undefined) return list;
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
