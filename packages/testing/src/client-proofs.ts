import {
  decodeJwt,
  decodeProtectedHeader,
  jwtVerify,
  type JWTPayload,
  type ProtectedHeaderParameters,
} from 'jose';
import { X509Certificate, createPublicKey, type KeyObject } from 'node:crypto';
import { WRONG_SECRET, type OAuthError } from './oauth-error.js';

/** An issuer whose tokens stand for the application (workload identity federation). */
export interface FederatedIssuer {
  /** The `iss` of its tokens. */
  readonly issuer: string;
  /** The `sub` of the tokens that stand for the application. */
  readonly subject: string;
  /** The `aud` of its tokens. Default: `api://AzureADTokenExchange`. */
  readonly audience?: string;
  /** The key that its tokens are verified with: PEM text or a `KeyObject`. */
  readonly publicKey: string | KeyObject;
}

/** How a client has tried to prove who it is. */
export type ProofKind = 'secret' | 'certificate' | 'assertion';

/** RFC 7523, section 2.2. */
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

// What Microsoft Entra ID takes from a certificate; PS256 is what MSAL signs with.
const ALGORITHMS = ['PS256', 'RS256'];

/** Knows by what the application may prove who it is: a secret, certificates, other issuers. */
export class ClientProofs {
  secret: string;
  readonly #audiences: string[];
  readonly #clientId: string;
  /** By their thumbprints (SHA-256) in Base64url. */
  readonly #certificates = new Map<string, X509Certificate>();
  readonly #issuers: FederatedIssuer[] = [];
  /** The `jti` of what was sent before: a certificate's assertion is for one request. */
  readonly #used = new Set<string>();

  /** `audiences` are the names of the token endpoint, one of which an assertion must be made for. */
  constructor(clientId: string, secret: string, audiences: string[]) {
    this.#clientId = clientId;
    this.secret = secret;
    this.#audiences = audiences;
  }

  trust(certificate: string | X509Certificate): void {
    const known = new X509Certificate(certificate.toString());
    this.#certificates.set(thumbprintOf(known), known);
  }

  distrust(certificate: string | X509Certificate): void {
    this.#certificates.delete(thumbprintOf(new X509Certificate(certificate.toString())));
  }

  trustIssuer(issuer: FederatedIssuer): void {
    this.#issuers.push(issuer);
  }

  /** What is wrong with the proof in a token request; `undefined` when nothing is. `now` is in epoch milliseconds. */
  async faultOf(form: URLSearchParams, now: number): Promise<OAuthError | undefined> {
    const assertion = form.get('client_assertion');
    if (assertion === null) return form.get('client_secret') === this.secret ? undefined : WRONG_SECRET;
    if (form.get('client_assertion_type') !== JWT_BEARER || form.has('client_secret')) return MALFORMED;
    const header = headerOf(assertion);
    if (header === undefined) return MALFORMED;
    const currentDate = new Date(now);
    return isCertificates(header)
      ? await this.#faultOfSigned(assertion, header, currentDate)
      : await this.#faultOfForeign(assertion, currentDate);
  }

  /** Of an assertion that the client has signed itself (RFC 7523, section 3). */
  async #faultOfSigned(
    assertion: string,
    header: ProtectedHeaderParameters,
    currentDate: Date,
  ): Promise<OAuthError | undefined> {
    const certificate = this.#certificates.get(String(header['x5t#S256']));
    const [first] = header.x5c ?? [];
    if (certificate === undefined) return UNKNOWN_CERTIFICATE;
    if (first !== undefined && first !== certificate.raw.toString('base64')) return BAD_SIGNATURE;
    try {
      const { payload } = await jwtVerify(assertion, certificate.publicKey, {
        algorithms: ALGORITHMS,
        audience: this.#audiences,
        issuer: this.#clientId,
        subject: this.#clientId,
        requiredClaims: ['exp', 'jti'],
        currentDate,
        // MSAL rounds the instant of signing, to a second that has not begun.
        clockTolerance: 1,
      });
      const id = String(payload.jti);
      if (this.#used.has(id)) return BAD_SIGNATURE;
      this.#used.add(id);
      return undefined;
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** Of an assertion by another issuer, which may be sent again until it expires: a Kubernetes token is. */
  async #faultOfForeign(assertion: string, currentDate: Date): Promise<OAuthError | undefined> {
    const { iss, sub } = claimsOf(assertion);
    const known = this.#issuers.filter(({ issuer }) => issuer === iss);
    const match = known.find(({ subject }) => subject === sub);
    if (match === undefined) return known.length === 0 ? UNKNOWN_ISSUER : UNKNOWN_SUBJECT;
    const { issuer, subject, audience = 'api://AzureADTokenExchange', publicKey } = match;
    const key = typeof publicKey === 'string' ? createPublicKey(publicKey) : publicKey;
    try {
      await jwtVerify(assertion, key, { issuer, subject, audience, requiredClaims: ['exp'], currentDate });
      return undefined;
    } catch (error) {
      return refusalOf(error);
    }
  }
}

/** How a token request tries to prove who sends it; `undefined` when it does not try. */
export function proofKindOf(form: URLSearchParams): ProofKind | undefined {
  const assertion = form.get('client_assertion');
  if (assertion === null) return form.has('client_secret') ? 'secret' : undefined;
  return isCertificates(headerOf(assertion)) ? 'certificate' : 'assertion';
}

function isCertificates(header: ProtectedHeaderParameters | undefined): boolean {
  return header !== undefined && ('x5t#S256' in header || 'x5t' in header);
}

function headerOf(assertion: string): ProtectedHeaderParameters | undefined {
  try {
    return decodeProtectedHeader(assertion);
  } catch {
    return undefined;
  }
}

function claimsOf(assertion: string): JWTPayload {
  try {
    return decodeJwt(assertion);
  } catch {
    return {};
  }
}

function thumbprintOf(certificate: X509Certificate): string {
  return Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
}

/** What Microsoft Entra ID answers to what jose has found. */
function refusalOf(error: unknown): OAuthError {
  const { code, claim } = error as { readonly code?: unknown; readonly claim?: unknown };
  if (code === 'ERR_JWT_EXPIRED' || claim === 'nbf') return NOT_VALID_NOW;
  return claim === 'aud' ? WRONG_AUDIENCE : BAD_SIGNATURE;
}

function invalidClient(code: number, description: string): OAuthError {
  return { status: 401, error: 'invalid_client', code, description };
}

const MALFORMED = invalidClient(50027, 'JWT token is invalid or malformed.');
const BAD_SIGNATURE = invalidClient(50012, 'Authentication failed: the client assertion is not good.');
const UNKNOWN_CERTIFICATE = invalidClient(
  700027,
  'The certificate with identifier used to sign the client assertion is not registered on application.',
);
const NOT_VALID_NOW = invalidClient(700024, 'Client assertion is not within its valid time range.');
const WRONG_AUDIENCE = invalidClient(700023, 'Client assertion audience claim does not match Realm issuer.');
const UNKNOWN_ISSUER = invalidClient(
  700211,
  'No matching federated identity record found for presented assertion issuer.',
);
const UNKNOWN_SUBJECT = invalidClient(
  700213,
  'No matching federated identity record found for presented assertion subject.',
);
