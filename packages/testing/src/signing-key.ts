import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, type KeyLike } from 'jose';

/** What an identity provider signs its tokens with. */
export interface SigningKey {
  readonly id: string;
  readonly privateKey: KeyLike;
  readonly publicKey: KeyLike;
  /** The public key as it is published. */
  readonly jwk: JWK;
}

let generated: Promise<SigningKey> | undefined;

/** One key for the whole process: generating it takes longer than a test. */
export function signingKey(): Promise<SigningKey> {
  return (generated ??= generate());
}

async function generate(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const jwk = await exportJWK(publicKey);
  const id = await calculateJwkThumbprint(jwk);
  return { id, privateKey, publicKey, jwk: { ...jwk, kid: id, use: 'sig', alg: 'RS256' } };
}
