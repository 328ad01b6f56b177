import type { TokenCredential } from '@holdfast/token';
import type { ServiceClientOptions } from './service-client.js';

/** One service of a factory: the options of `createServiceClient()`, of which a name and a credential need not be given. */
export interface ServiceOptions extends Omit<ServiceClientOptions, 'name' | 'credential'> {
  /** The service's name: in errors, journals and events. Default: the key under which the factory has it. */
  readonly name?: string;
  /** Where this service's tokens come from; `false` for one that takes none. Default: the factory's. */
  readonly credential?: TokenCredential | false;
}

/** What holds for every service of a factory that does not say otherwise. */
export type ServiceDefaults = Partial<Omit<ServiceOptions, 'name' | 'credential' | 'baseURL'>>;

/** The services of a factory, by the names under which it has their clients. */
export type Services = Readonly<Record<string, ServiceOptions>>;

/** What has options of its own: those of a service are put over those of the defaults, one by one. */
const PARTS: ReadonlySet<string> = new Set<keyof ServiceOptions>([
  'after',
  'agent',
  'axios',
  'before',
  'circuitBreaker',
  'claimsChallenge',
  'correlation',
  'fallback',
  'retry',
  'throttleGate',
]);

/** The options of one service: its own, and those of the defaults that it does not say. */
export function merged(defaults: ServiceDefaults, own: ServiceOptions): ServiceOptions {
  const usual = new Map<string, unknown>(Object.entries(defaults));
  const said = Object.entries(own)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]: [string, unknown]): [string, unknown] => [
      name,
      PARTS.has(name) ? over(usual.get(name), value) : value,
    ]);
  const all: Readonly<Record<string, unknown>> = Object.fromEntries([...usual, ...said]);
  return all as typeof all & ServiceOptions;
}

/** One part over the usual one, option by option, and its headers by name: who adds one does not want to lose the others. */
function over(usualPart: unknown, ownPart: unknown): unknown {
  const [usual, own] = [spelledOut(usualPart), spelledOut(ownPart)];
  if (!isObject(usual) || !isObject(own)) return ownPart;
  const both = { ...usual, ...own };
  if (!('headers' in usual && isObject(usual.headers) && 'headers' in own && isObject(own.headers)))
    return both;
  return { ...both, headers: { ...usual.headers, ...own.headers } };
}

/** Of all parts `fallback` alone can be a function. */
function spelledOut(part: unknown): unknown {
  return typeof part === 'function' ? { respond: part } : part;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Names that a service cannot have, because others look for something under them: the factory's own members; what makes a
 * promise of an object (`await`, every DI container); JSON; Jest, Node's inspector and the DOM's friends, who ask what an
 * object is; the life-cycle hooks of NestJS, Angular, tsyringe and their like, which would call a client without a word.
 */
const RESERVED = [
  'breakers',
  'close',
  'snapshot',
  'then',
  'catch',
  'finally',
  'toJSON',
  'toBSON',
  'asymmetricMatch',
  'inspect',
  'nodeType',
  'prototype',
  'tagName',
  'onModuleInit',
  'onModuleDestroy',
  'onApplicationBootstrap',
  'onApplicationShutdown',
  'beforeApplicationShutdown',
  'ngOnInit',
  'ngOnDestroy',
  'onInit',
  'onDestroy',
  'init',
  'destroy',
  'dispose',
] as const;

/** What a service of a factory cannot be called. */
export type ReservedName = (typeof RESERVED)[number];

const reserved: ReadonlySet<string> = new Set(RESERVED);

/** A property that reads like one. `$$typeof`, `@@iterator`, `__esModule`, `_isMockFunction` are other people's. */
const NAME = /^[a-z][\w-]*$/i;

/** @throws {TypeError} for a name under which a factory cannot have a client. */
export function checkName(name: string): void {
  if (reserved.has(name) || name in Object.prototype)
    throw new TypeError(
      `createClientFactory(): "${name}" cannot be the name of a service, because others look for something else under it`,
    );
  if (!NAME.test(name))
    throw new TypeError(
      'createClientFactory(): the name of a service must be a letter, and after it letters, digits, "-" and "_"',
    );
}
