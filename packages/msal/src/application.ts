import {
  ClientAssertion,
  ConfidentialClientApplication,
  CryptoProvider,
  InteractionRequiredAuthError,
  ServerError,
  type AuthenticationResult,
  type INetworkModule,
  type NetworkRequestOptions,
  type NetworkResponse,
} from '@azure/msal-node';
import type { Clock } from '@holdfast/core';
import { AsyncLocalStorage } from 'node:async_hooks';
import { accountOf } from './account.js';
import type { TenantAuthority } from './authority.js';
import type { Proof } from './proof.js';
import type { StoredToken } from './stored-tokens.js';
import type { UserAssertion } from './user-assertion.js';

/** MSAL's word for no region, not even that of the environment: an authority that has none would be led astray by it. */
const GLOBAL = 'DisableMsalForceRegion';

/**
 * MSAL asks for an assertion in the course of an acquisition, and does not say of which. One for all: in Node 20 each of them
 * makes every promise of the process dearer, for ever. Behind a function, since Node keeps it on each of those promises,
 * where an inspection shows it.
 */
const proofs = new AsyncLocalStorage<() => Proof>();

/** What an application is made with. */
export interface Registration extends TenantAuthority {
  readonly clientId: string;
  /** Whether it declares that it can handle claims challenges (`cp1`): then it is given tokens that can be revoked. */
  readonly answersChallenges: boolean;
}

interface Current {
  /** What it was made with; `undefined` when it asks for an assertion. */
  readonly secret: string | undefined;
  readonly msal: ConfidentialClientApplication;
}

/** What is asked of an application. */
export interface AcquisitionRequest {
  readonly scopes: readonly string[];
  readonly claims: string | undefined;
  /** The region whose endpoint is asked; `undefined` for the global one. */
  readonly azureRegion: string | undefined;
  /** A GUID. */
  readonly correlationId: string;
  /** On whose behalf it is asked; `undefined` when it is asked for itself. */
  readonly user: UserAssertion | undefined;
}

/** An application of MSAL's, driven so that each acquisition is one request to the identity provider. */
export class Application {
  readonly #registration: Registration;
  readonly #network: INetworkModule;
  #current: Current | undefined = undefined;

  constructor(registration: Registration, network: INetworkModule, clock: Clock) {
    this.#registration = registration;
    this.#network = new RememberedLookups(network, clock);
  }

  /** A token from the identity provider; `undefined` when MSAL has none to give. */
  async acquire(proof: Proof, { user, ...request }: AcquisitionRequest): Promise<StoredToken | undefined> {
    const result = await proofs.run(
      () => proof,
      () => this.#ask(this.#with(proof), user, request),
    );
    if (!result?.accessToken || !result.expiresOn) return undefined;
    return {
      token: result.accessToken,
      expiresOnTimestamp: result.expiresOn.getTime(),
      ...(result.refreshOn && { refreshAfterTimestamp: result.refreshOn.getTime() }),
      // MSAL knows the user by the id token alone, and there may be none.
      ...(user && { account: accountOf(result.account) ?? user.account() }),
    };
  }

  async #ask(
    msal: ConfidentialClientApplication,
    user: UserAssertion | undefined,
    { scopes, claims, azureRegion = GLOBAL, correlationId }: Omit<AcquisitionRequest, 'user'>,
  ): Promise<AuthenticationResult | null> {
    const request = {
      scopes: [...scopes],
      // MSAL's cache is left alone: from `refresh_in` on it makes the caller wait for the refresh, and throws its failure
      // although the token in it is still good.
      skipCache: true,
      correlationId,
      ...(claims !== undefined && { claims }),
    };
    if (user === undefined) return msal.acquireTokenByClientCredential({ ...request, azureRegion });
    try {
      return await msal.acquireTokenOnBehalfOf({ ...request, oboAssertion: user.text() });
    } finally {
      // It would keep every user's tokens for ever, and look through all of them for each that it adds.
      msal.clearCache();
    }
  }

  /** MSAL's applications keep the secret they were made with: a new one makes a new one. Assertions are asked for each time. */
  #with(proof: Proof): ConfidentialClientApplication {
    const secret = proof.kind === 'secret' ? proof.secret : undefined;
    if (this.#current !== undefined && this.#current.secret === secret) return this.#current.msal;
    const { clientId, authority, authorityMetadata, knownAuthorities, protocolMode, answersChallenges } =
      this.#registration;
    const msal = new ConfidentialClientApplication({
      auth: {
        clientId,
        authority,
        knownAuthorities,
        ...(secret === undefined
          ? { clientAssertion: ({ tokenEndpoint }) => Promise.resolve(this.#assertion(tokenEndpoint)) }
          : { clientSecret: secret }),
        ...(authorityMetadata !== undefined && { authorityMetadata }),
        ...(answersChallenges && { clientCapabilities: ['cp1'] }),
      },
      system: { networkClient: this.#network, disableInternalRetries: true, protocolMode },
    });
    this.#current = { secret, msal };
    return msal;
  }

  /** What MSAL sends to show who asks. */
  #assertion(tokenEndpoint: string | undefined): string {
    return assertionOf(proofs.getStore()?.(), this.#registration, tokenEndpoint);
  }
}

/** What MSAL sends to show who asks, where that is no secret. */
export function assertionOf(
  proof: Proof | undefined,
  { clientId, authority, protocolMode }: Registration,
  tokenEndpoint: string | undefined,
): string {
  if (proof?.kind === 'assertion') return proof.assertion;
  if (proof?.kind !== 'certificate') return '';
  const { certificate, sendChain } = proof;
  const key = certificate.privateKey();
  const chain = sendChain ? certificate.chain() : undefined;
  // Microsoft Entra ID asks for PS256 and SHA-256. AD FS knows RS256 and SHA-1 only, and it is all that MSAL for .NET
  // expects of a provider that is not Microsoft's.
  const isOlder = protocolMode === 'OIDC' || /^\/adfs\/?$/i.test(new URL(authority).pathname);
  // A new one each time: MSAL would send the same for ten minutes, to its last second.
  const assertion = isOlder
    ? // eslint-disable-next-line @typescript-eslint/no-deprecated -- AD FS knows nothing newer.
      ClientAssertion.fromCertificate(certificate.sha1Thumbprint, key, chain)
    : ClientAssertion.fromCertificateWithSha256Thumbprint(certificate.thumbprint, key, chain);
  return assertion.getJwt(new CryptoProvider(), clientId, tokenEndpoint ?? authority);
}

// As long as MSAL itself does.
const REMEMBERED_MS = 24 * 60 * 60_000;

// A tenant may come from a request. One that had to make room is looked up again.
const MOST_LOOKUPS = 1_000;

/**
 * Remembers what was looked up. MSAL does so for each of its applications, and a new secret makes a new one: that must not
 * cost a request, nor fail when the provider gives out tokens, but no metadata.
 */
export class RememberedLookups implements INetworkModule {
  readonly #network: INetworkModule;
  readonly #clock: Clock;
  readonly #answers = new Map<string, { readonly at: number; readonly answer: NetworkResponse<unknown> }>();

  constructor(network: INetworkModule, clock: Clock) {
    this.#network = network;
    this.#clock = clock;
  }

  async sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    const known = this.#answers.get(url);
    const now = this.#clock.now();
    if (known !== undefined && now - known.at < REMEMBERED_MS) return known.answer as NetworkResponse<T>;
    const answer = await this.#network.sendGetRequestAsync<T>(url, options);
    if (answer.status !== 200) return answer;
    this.#answers.delete(url);
    if (this.#answers.size >= MOST_LOOKUPS) this.#answers.delete(this.#answers.keys().next().value ?? '');
    this.#answers.set(url, { at: now, answer });
    return answer;
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#network.sendPostRequestAsync<T>(url, options);
  }
}

/** What MSAL throws when only a user can help, and the claims to ask him with. */
export function interactionClaimsOf(error: unknown): { readonly claims: string | undefined } | undefined {
  if (!(error instanceof InteractionRequiredAuthError)) return undefined;
  return { claims: error.claims === '' ? undefined : error.claims };
}

/** Whether the identity provider itself refused, and not MSAL. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ServerError;
}
