import { isSecure } from '@holdfast/core';

/** What MSAL needs of a provider's metadata (OpenID Connect Discovery 1.0, section 3). */
const NEEDED = ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const;

/** What is wrong with metadata, which MSAL would say at the first acquisition, and of each of them the same. */
export function faultOfMetadata(text: string): string | undefined {
  const metadata = objectOf(text);
  if (metadata === undefined) return 'is not that of a JSON object';
  const missing = NEEDED.find((name) => typeof metadata[name] !== 'string' || metadata[name] === '');
  if (missing !== undefined) return `has no ${missing}`;
  return isSecureUrl(String(metadata['token_endpoint']))
    ? undefined
    : 'has a token_endpoint that is neither https nor loopback';
}

/** Whether it is that of every tenant: MSAL puts the name of the one that is asked in this place. */
export function isForEveryTenant(text: string): boolean {
  return /\{tenant(?:id)?\}/.test(String(objectOf(text)?.['token_endpoint']));
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a secret may be sent there: https, or loopback. */
export function isSecureUrl(endpoint: string): boolean {
  return URL.canParse(endpoint) && isSecure(new URL(endpoint));
}
