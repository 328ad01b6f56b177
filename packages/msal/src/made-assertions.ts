import { randomUUID, sign, type KeyObject } from 'node:crypto';

/** What stands in an assertion. */
export interface MadeClaims {
  readonly iss: string;
  readonly sub: string;
  /** Default: what Microsoft Entra ID asks for. */
  readonly aud?: string;
  /** Seconds. Default: in an hour. */
  readonly exp?: number;
}

/** A token as Kubernetes, or another issuer that the application trusts, signs it. */
export function madeAssertion(claims: MadeClaims, key: KeyObject): string {
  const usual = { aud: 'api://AzureADTokenExchange', exp: Math.floor(Date.now() / 1000) + 3600 };
  const parts = [
    { alg: 'RS256', typ: 'JWT', kid: 'one' },
    { ...usual, jti: randomUUID(), ...claims },
  ];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}
