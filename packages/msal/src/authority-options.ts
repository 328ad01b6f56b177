import { accepted, isText, quotable, type Option } from '@holdfast/core';

/** The clouds of Microsoft Entra ID, by the host that gives out their tokens. */
const CLOUDS = {
  public: 'login.microsoftonline.com',
  usGovernment: 'login.microsoftonline.us',
  china: 'login.partner.microsoftonline.cn',
} as const;

/** A cloud of Microsoft Entra ID. */
export type Cloud = keyof typeof CLOUDS;

/** What is asked for tokens, as it was told. */
export interface AuthoritySettings {
  readonly tenantId: string | undefined;
  readonly cloud: Cloud | undefined;
  readonly authority: string | undefined;
  readonly knownAuthorities: readonly string[];
  readonly authorityMetadata: string | undefined;
  readonly protocolMode: 'AAD' | 'OIDC';
  readonly azureRegion: string | false | undefined;
}

/** What is allowed where {@link isTenant} is asked. */
export const TENANT = 'the id of a directory or a domain of it (not common, organizations or consumers)';

/** What a factory takes to know the {@link AuthoritySettings}, with the defaults. */
export const AUTHORITY_OPTIONS: {
  readonly [Name in keyof AuthoritySettings]: Option<AuthoritySettings[Name]>;
} = {
  tenantId: accepted<string | undefined>(isTenant, TENANT, undefined),
  cloud: quotable(
    accepted<Cloud | undefined>(
      (value) => typeof value === 'string' && Object.hasOwn(CLOUDS, value),
      Object.keys(CLOUDS)
        .join(', ')
        .replace(/, (?=\w+$)/, ' or '),
      undefined,
    ),
  ),
  authority: accepted<string | undefined>(isText, 'an https URL with the tenant in its path', undefined),
  knownAuthorities: quotable(
    accepted<readonly string[]>(
      (value) => Array.isArray(value) && value.every(isHost),
      'host names, without a scheme or a path',
      [],
    ),
  ),
  authorityMetadata: accepted<string | undefined>(isText, 'JSON text', undefined),
  protocolMode: quotable(
    accepted<'AAD' | 'OIDC'>((value) => value === 'AAD' || value === 'OIDC', 'AAD or OIDC', 'AAD'),
  ),
  azureRegion: quotable(
    accepted<string | false | undefined>(
      (value) => value === false || isRegion(value),
      'the name of a region, such as westeurope, or auto, or false',
      undefined,
    ),
  ),
};

/**
 * The authority of a tenant at a host of Microsoft Entra ID, which may be told as `AZURE_AUTHORITY_HOST` is:
 * `https://login.microsoftonline.us/`. For the option `authority`, which is what checks it.
 */
export function authorityOf(host: string, tenantId: string): string {
  return `${host.replace(/\/+$/, '')}/${tenantId}`;
}

/** The authority of a tenant in a cloud. */
export function cloudAuthority(cloud: Cloud, tenantId: string): string {
  return authorityOf(`https://${CLOUDS[cloud]}`, tenantId);
}

// RFC 1035, section 2.3.4.
const LONGEST_DOMAIN = 253;

const NO_TENANT: ReadonlySet<string> = new Set(['common', 'organizations', 'consumers']);

/**
 * Whether tokens of one tenant can be asked for by this name. It becomes a part of the token endpoint's path, and may come
 * from a request: nothing that could lead to another place gets through.
 */
export function isTenant(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value.length <= LONGEST_DOMAIN &&
    /^[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i.test(value) &&
    !value.includes('..') &&
    !NO_TENANT.has(value.toLowerCase())
  );
}

/** Whether this can be the name of a region: it becomes a part of the token endpoint's host. */
export function isRegion(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z\d]*$/.test(value);
}

function isHost(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(`https://${value}`)) return false;
  return new URL(`https://${value}`).host === value.toLowerCase();
}

/** Names the option of a factory, what is allowed, and what is wrong; never its text, which may be a secret by mistake. */
export function badOption(factory: string, name: string, allowed: string, found: string): TypeError {
  return new TypeError(`${factory}(): the option "${name}" must be ${allowed}, and ${found}`);
}
