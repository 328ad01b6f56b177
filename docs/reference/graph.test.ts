import { graphService, install, nameCalls, type Interceptor } from '@holdfast/client';
import { scriptedTransport } from '@holdfast/testing';
import axios from 'axios';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GRAPH_ROOTS } from '../../packages/client/src/graph-cloud.js';
import { graphCircuitKey, graphGateKey } from '../../packages/client/src/graph-key.js';

const page = readFileSync(join(__dirname, 'graph.md'), 'utf8');

/** The rows of the first table below a heading, without its head. */
function rowsBelow(heading: string): readonly (readonly string[])[] {
  const [, rest = ''] = page.split(`\n${heading}\n`);
  const [, table = ''] = /^(\|.*?\n)(?!\|)/ms.exec(rest) ?? [];
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

const quotedIn = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, quoted = '']) => quoted);

describe('the page of graph', () => {
  it.each(rowsBelow('### What shares a gate, and what a circuit'))(
    'says by what %s shares a gate, and by what a circuit',
    async (request, gate, circuit) => {
      const { adapter } = scriptedTransport([{ status: 200 }]);
      const client = axios.create({ baseURL: 'https://graph.microsoft.com/v1.0', adapter });
      const keys: string[] = [];
      const telling: Interceptor = (next) => (config) => {
        keys.push(graphGateKey(config), graphCircuitKey(config));
        return next(config);
      };
      install(client, [nameCalls('graph'), telling]);
      await client.get(quotedIn(request)[0] ?? '');
      const said = [gate, circuit].map((cell) => ['graph https://graph.microsoft.com', ...quotedIn(cell)]);
      expect(keys).toEqual(said.map((parts) => parts.join(' ')));
    },
  );

  it('names all that it sets', () => {
    const service = graphService();
    const said = rowsBelow('### What it sets').flatMap(([names = '']) => quotedIn(names));
    const set = Object.entries(service).flatMap(([name, value]) =>
      name === 'before' || name === 'after'
        ? Object.keys(value as object).map((place) => `${name}.${place}`)
        : [name],
    );
    expect(said.sort()).toEqual(set.sort());
  });

  it('names all clouds, with their roots', () => {
    const said = rowsBelow('### National clouds').map((row) => row.slice(0, 2).flatMap(quotedIn));
    expect(Object.fromEntries(said)).toEqual(GRAPH_ROOTS);
  });

  it('tells the story in the words of the code', () => {
    const folder = join(__dirname, '../../packages/client/src');
    const sources = readdirSync(folder)
      .filter((file) => /^graph-(?:batch|hints)\.ts$/.test(file))
      .map((file) => readFileSync(join(folder, file), 'utf8'));
    const lines = rowsBelow('### The story').map(([line = '']) => quotedIn(line)[0] ?? '');
    // What the code puts in: figures, an id, what Graph has said.
    const pieces = lines.flatMap((line) =>
      line.split(/; |: |\d+|[\w-]*\d[\w-]*…|Tenant_Application\/ReadWrite|ResourceUnitLimitExceeded/),
    );
    const words = pieces.map((piece) => piece.trim()).filter((piece) => piece.length > 1);
    expect(words.length).toBeGreaterThan(8);
    expect(words.filter((word) => !sources.some((source) => source.includes(word)))).toEqual([]);
  });
});
