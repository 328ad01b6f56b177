// The public surface of each package, out of the types as they are published: run `npm run build` first.
//   node scripts/api.mjs           writes docs/api/<package>.md
//   node scripts/api.mjs --print   prints them as one JSON object and writes nothing
// API Extractor reports what a package exports. What it adds to the types of others (`declare module`) it does not see:
// that is taken from the same files and put below.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));

const published = readdirSync(join(root, 'packages'))
  .sort()
  .filter((name) => {
    const manifest = join(root, 'packages', name, 'package.json');
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).private !== true;
  });
const entryOf = (name) => join(root, 'packages', name, 'dist/esm/index.d.ts');
const folder = mkdtempSync(join(tmpdir(), 'api-'));

function configOf(name) {
  const projectFolder = join(root, 'packages', name);
  return ExtractorConfig.prepare({
    packageJsonFullPath: join(projectFolder, 'package.json'),
    configObject: {
      projectFolder,
      mainEntryPointFilePath: entryOf(name),
      newlineKind: 'lf',
      // As a user's compiler reads them: without the condition that leads to the sources.
      compiler: {
        overrideTsconfig: {
          extends: join(root, 'tsconfig.base.json'),
          compilerOptions: { customConditions: [], skipLibCheck: true },
          files: published.map(entryOf),
        },
      },
      apiReport: { enabled: true, reportFileName: name, reportFolder: folder, reportTempFolder: folder },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: {
          default: { logLevel: 'none' },
          // A type that is used and not exported: a reviewer sees it in the report.
          'ae-forgotten-export': { logLevel: 'warning', addToApiReportFile: true },
        },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  });
}

/** The `declare module` blocks that whoever imports a package gets with it, without their comments. */
function augmentationsOf(file, seen = new Set()) {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const printer = ts.createPrinter({ removeComments: true });
  const own = source.statements
    .filter((statement) => ts.isModuleDeclaration(statement) && ts.isStringLiteral(statement.name))
    .map((statement) => printer.printNode(ts.EmitHint.Unspecified, statement, source));
  const others = ts
    .preProcessFile(text)
    .importedFiles.map(({ fileName }) => join(dirname(file), fileName.replace(/\.js$/, '.d.ts')))
    .filter((path, at, all) => all.indexOf(path) === at && existsSync(path));
  return [...own, ...others.flatMap((path) => augmentationsOf(path, seen))].sort();
}

/** The report of API Extractor on one package, and what stands below it. */
function reportOn(name, compilerState) {
  Extractor.invoke(configOf(name), {
    compilerState,
    localBuild: true,
    messageCallback: (message) => {
      // What it says of itself does not belong among the JSON.
      message.handled = message.category === 'console';
    },
  });
  const report = readFileSync(join(folder, `${name}.api.md`), 'utf8');
  const augmentations = augmentationsOf(entryOf(name));
  if (augmentations.length === 0) return report;
  return `${report}\n## What it adds to the types of others\n\n\`\`\`ts\n${augmentations.join('\n\n')}\n\`\`\`\n`;
}

const reports = {};
try {
  // One program for all of them.
  const compilerState = CompilerState.create(configOf(published[0]), {
    additionalEntryPoints: published.map(entryOf),
  });
  for (const name of published) reports[name] = reportOn(name, compilerState);
} finally {
  rmSync(folder, { recursive: true });
}

if (process.argv.includes('--print')) {
  process.stdout.write(JSON.stringify(reports));
} else {
  const target = join(root, 'docs/api');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  for (const [name, report] of Object.entries(reports)) writeFileSync(join(target, `${name}.md`), report);
}
