import fc from 'fast-check';
import * as v from 'valibot';
import { isLeaf, type Group, type Leaf } from './service-schema-option.js';
import { merged, type ReadOptions } from './services-reader.js';
import { SERVICE } from './service-schema.js';

/** Values of all kinds; each option takes some of them. */
export const VALUES: readonly unknown[] = [
  ...[-1, -0.5, 0, 0.5, 1, 1.5, 2, 20, 5_000, 2 ** 31 - 1, 2 ** 31, 2 ** 53],
  ...[
    true,
    false,
    null,
    '',
    ' ',
    '5',
    'soon',
    'a b',
    'x-key',
    'contoso',
    'interactive',
    'batch',
    'enforce',
    'observe',
  ],
  ...['https://a.example', 'http://127.0.0.1:8080/b', 'http://a.example', 'api://a/.default'],
  ...[
    [],
    [''],
    [5],
    ['x-key'],
    ['a b'],
    ['https://a.example'],
    ['https://a.example/b'],
    ['api://a/.default'],
  ],
  ...[{}, { 'x-key': 'a' }, { 'x key': 'a' }, { 'x-key': 5 }],
];

/** An option, and where it stands. */
export interface PlacedLeaf {
  readonly path: readonly string[];
  readonly leaf: Leaf<unknown>;
}

/** Every option that a configuration can say of a service. */
export function leavesOf({ entries }: Group = SERVICE, path: readonly string[] = []): readonly PlacedLeaf[] {
  return Object.entries(entries).flatMap(([name, node]) => {
    const here = [...path, name];
    return isLeaf(node) ? [{ path: here, leaf: node }] : leavesOf(node, here);
  });
}

/** An object in which only this stands. */
export function nested(path: readonly string[], value: unknown): object {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object;
}

export const accepts = (leaf: Leaf<unknown>, value: unknown): boolean =>
  v.safeParse(leaf.schema, value).success;

/** Each option with each value that it takes, and each group that is switched off. */
const SAID: readonly object[] = [
  ...leavesOf().flatMap(({ path, leaf }) =>
    VALUES.filter((value) => accepts(leaf, value)).map((value) => nested(path, value)),
  ),
  ...Object.entries(SERVICE.entries).flatMap(([name, node]) =>
    !isLeaf(node) && node.canBeOff ? [{ [name]: false }] : [],
  ),
];

/** A few options of a service that are each allowed; whether they go together is another matter. */
export const anyService: fc.Arbitrary<object> = fc
  .tuple(
    fc.constantFrom('https://a.example', 'http://localhost/b'),
    fc.array(fc.constantFrom(...SAID), { maxLength: 6 }),
  )
  .map(([baseURL, said]) =>
    said.reduce<ReadOptions>((all, one) => merged(all, { ...one }), { baseURL, scopes: 'api://a/.default' }),
  );
