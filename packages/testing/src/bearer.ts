/** The token of an Authorization field; `undefined` when it is of another scheme (RFC 6750, section 2.1). */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}
