import { ConfidentialClientApplication, InteractionRequiredAuthError, ServerError } from '@azure/msal-node';
import type { AccessToken } from '@holdfast/token';
import type { TenantAuthority } from './authority.js';
import type { PipelineNetwork } from './network.js';
import type { Proof } from './proof.js';

/** What an application is made with. */
export interface Registration extends TenantAuthority {
  readonly clientId: string;
  /** Whether it declares that it can handle claims challenges (`cp1`): then it is given tokens that can be revoked. */
  readonly answersChallenges: boolean;
}

/** What is asked of an application. */
export interface AcquisitionRequest {
  readonly scopes: readonly string[];
  readonly claims: string | undefined;
}

/** An application of MSAL's, driven so that each acquisition is one request to the identity provider. */
export class Application {
  readonly #registration: Registration;
  readonly #network: PipelineNetwork;
  #current: { readonly secret: string; readonly msal: ConfidentialClientApplication } | undefined = undefined;

  constructor(registration: Registration, network: PipelineNetwork) {
    this.#registration = registration;
    this.#network = network;
  }

  /** A token from the identity provider; `undefined` when MSAL has none to give. */
  async acquire(proof: Proof, { scopes, claims }: AcquisitionRequest): Promise<AccessToken | undefined> {
    const result = await this.#with(proof).acquireTokenByClientCredential({
      scopes: [...scopes],
      // MSAL's cache is left alone: from `refresh_in` on it makes the caller wait for the refresh, and throws its failure
      // although the token in it is still good.
      skipCache: true,
      ...(claims !== undefined && { claims }),
    });
    if (!result?.accessToken || !result.expiresOn) return undefined;
    return {
      token: result.accessToken,
      expiresOnTimestamp: result.expiresOn.getTime(),
      ...(result.refreshOn && { refreshAfterTimestamp: result.refreshOn.getTime() }),
    };
  }

  /** MSAL's applications keep the secret they were made with; a new secret makes a new one. */
  #with({ secret }: Proof): ConfidentialClientApplication {
    if (this.#current?.secret === secret) return this.#current.msal;
    const { clientId, authority, authorityMetadata, answersChallenges } = this.#registration;
    const msal = new ConfidentialClientApplication({
      auth: {
        clientId,
        authority,
        clientSecret: secret,
        ...(authorityMetadata !== undefined && { authorityMetadata }),
        ...(answersChallenges && { clientCapabilities: ['cp1'] }),
      },
      system: { networkClient: this.#network, disableInternalRetries: true },
    });
    this.#current = { secret, msal };
    return msal;
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
