import { valueOf, type Env } from './service-env-text.js';
import { isLeaf, type Group, type Leaf } from './service-schema-option.js';
import type { ServicesProblem } from './services-error.js';

/** An option that has a variable: `HOLDFAST_<SERVICE>_<OPTION>`. */
interface NamedOption {
  readonly name: string;
  readonly path: readonly string[];
  readonly node: Leaf<unknown> | Group;
}

/** What a variable says about an option of a service. */
export interface SaidByVariable {
  readonly variable: string;
  readonly value: string;
  readonly path: readonly string[];
  readonly node: Leaf<unknown> | Group;
}

const PREFIX = 'HOLDFAST_';

/** A name as variables have it: `ORDER_LINES` for `orderLines` and for `order-lines`, `BASE_URL` for `baseURL`. */
export function constantCase(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z\d]+/g, '_')
    .replace(/^_|_$/g, '')
    .toUpperCase();
}

/**
 * What the variables say, by service. One that names a service and no option of it is a problem, and so is one that ends
 * with an option of a service that is not there: either is meant for a configuration, and would be lost without a word.
 * All others that begin with `HOLDFAST_` are somebody else's.
 */
export function saidByVariables(
  env: Env,
  services: readonly string[],
  group: Group,
): {
  readonly said: ReadonlyMap<string, readonly SaidByVariable[]>;
  readonly problems: readonly ServicesProblem[];
} {
  const options = namedOptions(group);
  const byName = new Map(options.map((option) => [option.name, option]));
  // Of two names that fit, the longer one is meant: `orders-eu` is not the option "eu" of `orders`.
  const known = services
    .map((service) => ({ service, prefix: `${constantCase(service)}_` }))
    .filter(({ prefix }) => prefix !== '_')
    .sort((one, other) => other.prefix.length - one.prefix.length);
  const said = new Map<string, SaidByVariable[]>();
  const problems: ServicesProblem[] = [];

  for (const variable of Object.keys(env).sort()) {
    const value = variable.startsWith(PREFIX) ? valueOf(env, variable) : undefined;
    if (value === undefined) continue;
    const rest = variable.slice(PREFIX.length);
    const fitting = known.filter(({ prefix }) => rest.startsWith(prefix));
    const named = fitting
      .map(({ service, prefix }) => ({ service, option: byName.get(rest.slice(prefix.length)) }))
      .find(({ option }) => option !== undefined);
    if (named?.option !== undefined) {
      const { path, node } = named.option;
      said.set(named.service, [...(said.get(named.service) ?? []), { variable, value, path, node }]);
    } else if (fitting[0] !== undefined) {
      const names = namesLike(rest.slice(fitting[0].prefix.length), options).join(', ');
      problems.push({
        place: variable,
        problem: `names no option of the service "${fitting[0].service}"; there are ${names}`,
      });
    } else if (options.some(({ name }) => rest.toUpperCase().endsWith(`_${name}`))) {
      const prefixes = [...new Set(known.map(({ prefix }) => PREFIX + prefix))].join('…, ');
      problems.push({
        place: variable,
        problem: `names no service; there are ${prefixes}…. If it is meant for another configuration, hand in an env without it`,
      });
    }
  }
  return { said, problems };
}

/** The options that begin with the same word, or else those that are in no group. */
function namesLike(text: string, options: readonly NamedOption[]): readonly string[] {
  const [word = ''] = text.toUpperCase().split('_');
  const like = options.filter(({ name }) => name.split('_')[0] === word);
  return (like.length > 0 ? like : options.filter(({ path }) => path.length === 1)).map(({ name }) => name);
}

function namedOptions({ entries }: Group, path: readonly string[] = []): readonly NamedOption[] {
  return Object.entries(entries).flatMap(([key, node]) => {
    const here = [...path, key];
    const own = { name: here.map(constantCase).join('_'), path: here, node };
    if (isLeaf(node)) return node.isNested ? [] : [own];
    return [...(node.canBeOff ? [own] : []), ...namedOptions(node, here)];
  });
}
