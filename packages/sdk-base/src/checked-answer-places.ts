import type { StandardSchemaV1 } from '@standard-schema/spec';

const MOST_PLACES = 5;
/** In characters, of one place. */
const LONGEST_PLACE = 80;
/** Objects of a schema that are looked at: one that makes itself anew with each look has no end. */
const MOST_NODES = 5_000;

/**
 * Where an answer does not fit, for a message: `items[].price, items[].*`. A name that the schema has is its author's; any other
 * one may come from the body, as a record's key does, and so may a number, as a map's key does.
 */
export function shownPlaces(schema: StandardSchemaV1, issues: readonly StandardSchemaV1.Issue[]): string {
  const names = namesIn(schema);
  const places = [...new Set(issues.map(({ path }) => placeOf(path ?? [], names)))];
  const more = places.length > MOST_PLACES ? `, and ${places.length - MOST_PLACES} more` : '';
  return places.slice(0, MOST_PLACES).join(', ') + more;
}

function placeOf(path: NonNullable<StandardSchemaV1.Issue['path']>, names: ReadonlySet<string>): string {
  let place = '';
  for (const segment of path) {
    const key = typeof segment === 'object' ? segment.key : segment;
    if (typeof key === 'number') place += '[]';
    else place += `${place === '' ? '' : '.'}${typeof key === 'string' && names.has(key) ? key : '*'}`;
    if (place.length > LONGEST_PLACE) return `${place.slice(0, LONGEST_PLACE)}…`;
  }
  return place === '' ? 'as a whole' : place;
}

const known = new WeakMap<StandardSchemaV1, ReadonlySet<string>>();

/** The names of all members within a schema. No validator says in the same way what it declares; all of them hold it by name. */
function namesIn(schema: StandardSchemaV1): ReadonlySet<string> {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const names = new Set<string>();
  const nodes = new Set<object>([schema]);
  // A set that grows is walked to its end.
  for (const node of nodes)
    for (const name of Object.getOwnPropertyNames(node)) {
      names.add(name);
      const value = memberOf(node, name);
      if (typeof value === 'object' && value !== null && nodes.size < MOST_NODES) nodes.add(value);
    }
  known.set(schema, names);
  return names;
}

/** A member, or nothing where looking at it throws. */
function memberOf(node: object, name: string): unknown {
  try {
    return Reflect.get(node, name);
  } catch {
    return undefined;
  }
}
