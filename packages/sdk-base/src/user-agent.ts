import { quotable, readOptions, required } from '@holdfast/core';
import type { SdkSettings } from './call-options.js';

// RFC 9110, section 5.6.2.
const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]{1,64}$/;

const token = () =>
  quotable(
    required<string>(
      (value) => typeof value === 'string' && TOKEN.test(value),
      'up to 64 letters, digits, dots or hyphens',
    ),
  );

const schemas = { 'product.name': token(), 'product.version': token() };

/**
 * The User-Agent of an SDK's requests: `contoso-sdk/1.4.0 holdfast node/22`, the most telling product first (RFC 9110, section
 * 10.1.5). Of Node the major version alone, and nothing of machine, system or user: a patch level tells an attacker more
 * than it tells who runs the service.
 *
 * @throws {TypeError} for a name or a version that is no token, naming it.
 */
export function userAgent(product: SdkSettings['product']): string {
  const [major = ''] = process.versions.node.split('.');
  const underneath = `holdfast node/${major}`;
  if (product === undefined) return underneath;
  const given = Object.fromEntries(
    Object.entries(product).map(([name, value]) => [`product.${name}`, value]),
  );
  const read = readOptions('ServiceSdk', schemas, given);
  return `${read['product.name']}/${read['product.version']} ${underneath}`;
}
