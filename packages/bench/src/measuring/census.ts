import { collect } from './rounds.js';
import { getHeapSnapshot } from 'node:v8';

/** How many objects of a constructor there are, and how many bytes they take. */
export interface Kind {
  readonly count: number;
  readonly bytes: number;
}

interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly [readonly string[], ...unknown[]];
    };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

/** What is on the heap, by constructor. */
export async function census(): Promise<ReadonlyMap<string, Kind>> {
  collect();
  const chunks: Buffer[] = [];
  for await (const chunk of getHeapSnapshot()) chunks.push(Buffer.from(chunk as Buffer));
  const { snapshot, nodes, strings } = JSON.parse(Buffer.concat(chunks).toString()) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const at = (name: string): number => fields.indexOf(name);
  const kinds = new Map<string, Kind>();
  for (let node = 0; node < nodes.length; node += fields.length) {
    const field = (name: string): number => nodes[node + at(name)] ?? Number.NaN;
    const type = types[0][field('type')] ?? '';
    const key = type === 'string' ? type : `${type} ${(strings[field('name')] ?? '').slice(0, 60)}`;
    const { count, bytes } = kinds.get(key) ?? { count: 0, bytes: 0 };
    kinds.set(key, { count: count + 1, bytes: bytes + field('self_size') });
  }
  return kinds;
}

/** What there is more of than before, for each of so many, those first that take most. */
export function grown(
  before: ReadonlyMap<string, Kind>,
  after: ReadonlyMap<string, Kind>,
  each: number,
): Record<string, Kind> {
  const more = [...after].map(([kind, { count, bytes }]): [string, Kind] => {
    const had = before.get(kind) ?? { count: 0, bytes: 0 };
    return [kind, { count: (count - had.count) / each, bytes: (bytes - had.bytes) / each }];
  });
  more.sort(([, one], [, other]) => other.bytes - one.bytes);
  return Object.fromEntries(more.filter(([, { bytes }]) => bytes >= 4));
}
