import { quoted, type TokenAcquisitionError } from '@holdfast/core';
import { refused } from './refused.js';
import { faultOfMetadata, isForEveryTenant } from './authority-metadata.js';
import { TENANT, badOption, cloudAuthority, isTenant, type AuthoritySettings } from './authority-options.js';

/** One tenant's authority, as MSAL wants it told. */
export interface TenantAuthority {
  readonly authority: string;
  readonly authorityMetadata: string | undefined;
  readonly knownAuthorities: string[];
  readonly protocolMode: 'AAD' | 'OIDC';
}

/** The hosts of Microsoft Entra ID whose endpoints MSAL knows by heart: nothing is looked up for them. */
const ENTRA: ReadonlySet<string> = new Set([
  'login.microsoftonline.com',
  'login.windows.net',
  'login.microsoft.com',
  'sts.windows.net',
  'login.microsoftonline.us',
  'login.usgovcloudapi.net',
  'login.partner.microsoftonline.cn',
  'login.chinacloudapi.cn',
  'login.sovcloud-identity.fr',
  'login.sovcloud-identity.de',
  'login.sovcloud-identity.sg',
]);

/** The authority of the credential's own tenant, and of others where its host has more than one. */
export class Authority {
  /** Whether its host has one for each region as well. */
  readonly hasRegions: boolean;
  readonly #own: TenantAuthority;
  readonly #tenantId: string | undefined;
  readonly #hasOtherTenants: boolean;

  /** @throws {TypeError} for settings that lead to no token, naming the factory and the option. */
  constructor(factory: string, settings: AuthoritySettings) {
    const { authorityMetadata, protocolMode } = settings;
    const url = urlOf(factory, settings);
    const isEntra = ENTRA.has(url.hostname) && url.port === '';
    this.#tenantId = tenantOf(factory, url, settings);
    this.#own = {
      authority: url.href,
      authorityMetadata,
      protocolMode,
      // MSAL asks the public cloud whether an unknown host can be trusted, whatever cloud that is in. That protects an
      // application whose authority comes from outside; ours is configuration, and a request can change no more of it
      // than the tenant. The hosts that MSAL knows it knows better: for some it asks another one.
      knownAuthorities: [...(isEntra ? [] : [url.host]), ...settings.knownAuthorities],
    };
    this.#hasOtherTenants =
      this.#tenantId !== undefined &&
      this.#tenantId !== 'adfs' &&
      !isCiam(url) &&
      segmentsOf(url).length === 1 &&
      (authorityMetadata === undefined || isForEveryTenant(authorityMetadata));
    this.hasRegions = isEntra && authorityMetadata === undefined;
    // MSAL would leave the region out without a word, or put it before a host that has none.
    if (typeof settings.azureRegion === 'string' && !this.hasRegions)
      throw badOption(
        factory,
        'azureRegion',
        'left out where authorityMetadata, or an authority that is not of a cloud of Microsoft Entra ID, says where tokens are',
        'is given',
      );
  }

  /** @throws {TokenAcquisitionError} for a tenant that cannot be asked. */
  of(tenantId: string | undefined, scopes: readonly string[]): TenantAuthority {
    const tenant = tenantId?.toLowerCase();
    if (tenant === undefined || tenant === this.#tenantId) return this.#own;
    if (!isTenant(tenant)) throw noTenant('what was asked for is no tenant', scopes);
    if (!this.#hasOtherTenants) throw noTenant('the authority is that of another tenant only', scopes);
    return { ...this.#own, authority: new URL(`/${tenant}`, this.#own.authority).href };
  }
}

function noTenant(reason: string, scopes: readonly string[]): TokenAcquisitionError {
  return refused(`No token for ${scopes.join(' ')}: ${reason}`, scopes, { transient: false });
}

function urlOf(factory: string, settings: AuthoritySettings): URL {
  const { authority, cloud, tenantId, protocolMode, authorityMetadata } = settings;
  if (authority !== undefined && cloud !== undefined)
    throw badOption(factory, 'cloud', 'left out where authority names the host', 'is given');
  const metadataFault = authorityMetadata === undefined ? undefined : faultOfMetadata(authorityMetadata);
  if (metadataFault !== undefined)
    throw badOption(
      factory,
      'authorityMetadata',
      'the JSON text of OpenID Connect metadata (issuer, authorization_endpoint, token_endpoint, jwks_uri)',
      metadataFault,
    );
  if (authority === undefined) {
    if (protocolMode === 'OIDC')
      throw badOption(factory, 'protocolMode', 'AAD without the option "authority"', 'is OIDC');
    // Checked here too: it may come from the environment.
    if (tenantId === undefined || !isTenant(tenantId))
      throw badOption(factory, 'tenantId', TENANT, tenantId === undefined ? 'is undefined' : 'is none');
    return new URL(cloudAuthority(cloud ?? 'public', tenantId));
  }
  const allowed = protocolMode === 'OIDC' ? 'an https URL' : 'an https URL with the tenant in its path';
  const url = URL.canParse(authority) ? new URL(authority) : undefined;
  if (url === undefined) throw badOption(factory, 'authority', allowed, 'is none');
  const fault = faultOfUrl(url, settings);
  // What is a URL is no secret.
  if (fault !== undefined) throw badOption(factory, 'authority', allowed, `${quoted(authority)} ${fault}`);
  return url;
}

function faultOfUrl(url: URL, { protocolMode, authorityMetadata }: AuthoritySettings): string | undefined {
  const segments = segmentsOf(url);
  if (url.protocol !== 'https:') return 'is not https';
  if (url.username !== '' || url.password !== '') return 'has a user name or a password';
  if (url.search !== '') return 'has a query';
  if (url.hash !== '') return 'has a fragment';
  if (protocolMode === 'OIDC') {
    if (ENTRA.has(url.hostname)) return 'is one of Microsoft Entra ID, whose protocolMode is AAD';
    // MSAL asks for the metadata in lower case.
    return authorityMetadata === undefined && /[A-Z]/.test(url.pathname)
      ? 'has upper case in its path, which needs authorityMetadata'
      : undefined;
  }
  if (segments.length === 0 && !isCiam(url)) return 'has no tenant';
  if (ENTRA.has(url.hostname) && segments.length > 1) return 'has more than a tenant in its path';
  if (isB2c(url) && segments.length < 2) return 'has no policy';
  return isTenant(tenantAt(url)) ? undefined : 'names no tenant';
}

/** The tenant in lower case; `undefined` where there is no such thing. */
function tenantOf(factory: string, url: URL, settings: AuthoritySettings): string | undefined {
  const tenantId = settings.tenantId?.toLowerCase();
  if (settings.protocolMode === 'OIDC') {
    if (tenantId !== undefined)
      throw badOption(factory, 'tenantId', 'left out where protocolMode is OIDC', 'is given');
    return undefined;
  }
  const own = tenantAt(url);
  if (tenantId !== undefined && tenantId !== own)
    throw badOption(
      factory,
      'tenantId',
      'the tenant in the path of authority, or left out',
      'is another one',
    );
  return own;
}

function tenantAt(url: URL): string {
  const [first = url.hostname.split('.', 1)[0] ?? '', second = ''] = segmentsOf(url);
  const tenant = isB2c(url) && first === 'tfp' ? second : first;
  return tenant.toLowerCase();
}

function segmentsOf({ pathname }: URL): string[] {
  return pathname.split('/').filter((segment) => segment !== '');
}

/** Of External ID: its tenant is in the host as well. */
function isCiam({ hostname }: URL): boolean {
  return hostname.endsWith('.ciamlogin.com');
}

/** Of Azure AD B2C: its path goes on with the policy. */
function isB2c({ hostname }: URL): boolean {
  return hostname.endsWith('.b2clogin.com');
}
