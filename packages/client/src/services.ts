import { accepted, readOptions } from '@holdfast/core';
import { RetryBudget, type RetryBudgetOptions } from '@holdfast/retry';
import type { TokenCredential } from '@holdfast/token';
import { checkName } from './client-factory-options.js';
import { constantCase, saidByVariables } from './service-env.js';
import type { Env } from './service-env-text.js';
import { createServiceClient, type ServiceClientOptions } from './service-client.js';
import { DEFAULTS, SERVICE } from './service-schema.js';
import { ServicesError, placeIn } from './services-error.js';
import { BAD, ServicesReader, isObject, merged, unknownKey, type ReadOptions } from './services-reader.js';

/** Options of {@link servicesFrom}. */
export interface ServicesFromOptions<Name extends string = string> {
  /**
   * Where `${VAR}` and `HOLDFAST_<SERVICE>_<OPTION>` are looked up: `process.env`. Default: nowhere, and a `${VAR}` is
   * refused. An empty variable is not set. With that of another program, its variables may be taken for options.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * The services that there must be. Default: those that the configuration has. One that is missing is refused; what it has
   * beyond them is not read.
   */
  readonly names?: readonly Name[];
}

/** What a configuration says of a service: the options of `createServiceClient()`, without name and credential. */
export interface ConfiguredService extends Omit<ServiceClientOptions, 'name' | 'credential'> {
  /** `false`: this service takes no token. */
  readonly credential?: false;
}

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');

const schemas = {
  env: accepted<Env | undefined>(isObject, 'an object of variables', undefined),
  names: accepted<readonly string[] | undefined>(isTexts, 'a list of names', undefined),
};

/**
 * Services from a configuration, for `createClientFactory({ credential, services })`: what `JSON.parse()` made of a file of
 * the form `{ "defaults": { … }, "services": { "orders": { "baseURL": …, "scopes": … } } }`. The package's
 * `services.schema.json` describes it. What a variable says goes before what the service says, and that before `defaults`.
 *
 * @throws {ServicesError} a TypeError with all that is wrong, each with its place. No text of a variable
 * or a header is in it; of two options that contradict each other the numbers are.
 */
export function servicesFrom<const Name extends string = string>(
  json: unknown,
  options: ServicesFromOptions<Name> = {},
): Readonly<Record<Name, ConfiguredService>> {
  const { env, names } = readOptions('servicesFrom', schemas, options);
  const reader = new ServicesReader(env);
  const { defaults, services } = documentIn(json, reader);
  const there = Object.keys(services);
  noteNames(there, reader);
  const shared = reader.group(DEFAULTS, defaults, 'defaults');
  const { said, problems } = saidByVariables(env ?? {}, there, SERVICE);
  reader.problems.push(...problems);

  const made = [...new Set(names ?? there)].map((name): [string, ConfiguredService | undefined] => {
    const place = placeIn('services', name);
    if (!there.includes(name)) {
      reader.note(place, `is missing; there ${there.length === 0 ? 'is none' : `are ${there.join(', ')}`}`);
      return [name, undefined];
    }
    const problemsBefore = reader.problems.length;
    const own = reader.group(SERVICE, services[name], place);
    const byVariables = reader.variables(said.get(name) ?? []);
    if (!isObject(shared) || !isObject(own)) return [name, undefined];
    const options = merged(merged(merged({}, shared), own), byVariables);
    noteMissing(options, name, place, reader);
    if (reader.problems.length > problemsBefore || holdsBad(shared)) return [name, undefined];
    const service = serviceOf(options);
    noteRefusal(place, reader, () =>
      createServiceClient({ ...service, name, credential: service.credential ?? NOBODY }),
    );
    return [name, service];
  });
  if (reader.problems.length > 0) throw new ServicesError(reader.problems);
  return Object.fromEntries(made) as Record<Name, ConfiguredService>;
}

/** One shape, so that `$schema` and `defaults` are never taken for services, nor a service for them. */
const PARTS = ['$schema', 'defaults', 'services'];

function documentIn(json: unknown, reader: ServicesReader): { defaults: unknown; services: ReadOptions } {
  if (!isObject(json)) {
    const problem = 'must be an object with "services", as JSON.parse() returns it';
    throw new ServicesError([{ place: 'the configuration', problem }]);
  }
  for (const key of Object.keys(json).filter((one) => !PARTS.includes(one)))
    reader.note(placeIn('the configuration', key), unknownKey(key, PARTS));
  const schema = Object.hasOwn(json, '$schema') ? json['$schema'] : undefined;
  if (schema !== undefined && typeof schema !== 'string') reader.note('$schema', 'must be a text');
  const services = Object.hasOwn(json, 'services') ? json['services'] : undefined;
  const defaults = Object.hasOwn(json, 'defaults') ? json['defaults'] : undefined;
  if (!isObject(services))
    reader.note('services', 'must be an object with the options of each service by its name');
  return { defaults: defaults === undefined ? {} : defaults, services: isObject(services) ? services : {} };
}

/** A name that the factory could have no client under, or that no variable could tell from another. */
function noteNames(names: readonly string[], reader: ServicesReader): void {
  const first = new Map<string, string>();
  for (const name of names) {
    const place = placeIn('services', name);
    const constant = constantCase(name);
    const other = first.get(constant);
    if (other === undefined) first.set(constant, name);
    else if (constant !== '')
      reader.note(
        place,
        `and "${other}" have the same variables, HOLDFAST_${constant}_…: rename one of them`,
      );
    noteRefusal(place, reader, () => {
      checkName(name);
    });
  }
}

function noteMissing(options: ReadOptions, name: string, place: string, reader: ServicesReader): void {
  const { baseURL, credential, scopes } = options;
  const byVariable = (option: string) =>
    constantCase(name) === '' ? 'here' : `here or by HOLDFAST_${constantCase(name)}_${option}`;
  if (baseURL === undefined)
    reader.note(placeIn(place, 'baseURL'), `is missing: an https URL, ${byVariable('BASE_URL')}`);
  if (scopes === undefined && credential === undefined)
    reader.note(
      placeIn(place, 'scopes'),
      `is missing: what its tokens are for, such as "api://${name}/.default", ${byVariable('SCOPES')}; or say "credential": false`,
    );
}

function holdsBad(value: unknown): boolean {
  return value === BAD || (isObject(value) && Object.values(value).some(holdsBad));
}

/** The budget is one of this service's own: what services share in the configuration is its size. */
function serviceOf(options: ReadOptions): ConfiguredService {
  const { retry } = options;
  if (!isObject(retry) || retry['budget'] === undefined) return options as ReadOptions & ConfiguredService;
  const budget = new RetryBudget(retry['budget'] as RetryBudgetOptions);
  return { ...options, retry: { ...retry, budget } } as ReadOptions & ConfiguredService;
}

/** Asks for tokens of nobody: only whether the options go together is tried. */
const NOBODY: TokenCredential = { getToken: () => Promise.resolve(null) };

/** What somebody else knows better: whether a name will do, and whether all options go together. */
function noteRefusal(place: string, reader: ServicesReader, refuse: () => unknown): void {
  try {
    refuse();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    reader.note(place, `is refused: ${error.message}`);
  }
}
