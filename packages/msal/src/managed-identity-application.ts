import { ManagedIdentityApplication, ManagedIdentitySourceNames, ServerError } from '@azure/msal-node';
import type { AccessToken } from '@holdfast/token';
import { networkOfProcess } from './managed-identity-network.js';
import { isPassing } from './managed-identity-verdict.js';
import { ProviderFailure, type Exchange } from './network.js';

/** The identity that was assigned by a user, by one of its ids; none of them for that of the system. */
export interface AssignedIdentity {
  readonly clientId: string | undefined;
  readonly resourceId: string | undefined;
  readonly objectId: string | undefined;
}

/** What is known of where tokens come from here, by MSAL's reading of the environment. */
export interface TokenSource {
  /** Azure's metadata service: it may not be there, since this is what is left where the environment names nothing. */
  readonly isImds: boolean;
  /** It can be told that a token is not good any more. */
  readonly canRefresh: boolean;
  /** It answers 401 first, and names a file with a secret. */
  readonly challenges: boolean;
  /** The ids by which an identity can be chosen here. */
  readonly choices: readonly (keyof AssignedIdentity)[];
}

const EVERY_ID = ['clientId', 'resourceId', 'objectId'] as const;

const { APP_SERVICE, AZURE_ARC, CLOUD_SHELL, DEFAULT_TO_IMDS, IMDS, MACHINE_LEARNING, SERVICE_FABRIC } =
  ManagedIdentitySourceNames;

/** An application of MSAL's, driven so that each acquisition is one request to the endpoint for managed identities. */
export class IdentityApplication {
  readonly #msal: ManagedIdentityApplication;

  constructor({ clientId, resourceId, objectId }: AssignedIdentity, answersChallenges: boolean) {
    this.#msal = new ManagedIdentityApplication({
      managedIdentityIdParams: {
        ...(clientId !== undefined && { userAssignedClientId: clientId }),
        ...(resourceId !== undefined && { userAssignedResourceId: resourceId }),
        ...(objectId !== undefined && { userAssignedObjectId: objectId }),
      },
      ...(answersChallenges && { clientCapabilities: ['cp1'] }),
      // `disableInternalRetries` is left alone: MSAL would keep it for the whole process, an app's own applications
      // included. Here nothing is ever asked for again, since it sees none of the answers after which it would.
      system: { networkClient: networkOfProcess },
    });
  }

  get source(): TokenSource {
    const name = this.#msal.getManagedIdentitySource();
    return {
      isImds: name === DEFAULT_TO_IMDS || name === IMDS,
      canRefresh: name === APP_SERVICE || name === SERVICE_FABRIC,
      challenges: name === AZURE_ARC,
      choices:
        name === CLOUD_SHELL || name === SERVICE_FABRIC
          ? []
          : name === MACHINE_LEARNING
            ? ['clientId']
            : EVERY_ID,
    };
  }

  /** A token from the endpoint; `undefined` when MSAL has none to give. */
  async acquire(resource: string): Promise<AccessToken | undefined> {
    // MSAL's cache, which is the process's, is left alone.
    const result = await this.#msal.acquireToken({ resource, forceRefresh: true });
    if (result.accessToken === '' || result.expiresOn === null) return undefined;
    return {
      token: result.accessToken,
      expiresOnTimestamp: result.expiresOn.getTime(),
      ...(result.refreshOn && { refreshAfterTimestamp: result.refreshOn.getTime() }),
    };
  }
}

/**
 * What MSAL threw. Of its own errors most say that this machine is not set up as it should be. The others are of a network
 * module that is not ours: MSAL keeps that of an application which was there first.
 */
export function endpointFailure(error: unknown, { correlationId }: Exchange): ProviderFailure {
  if (error instanceof ProviderFailure) return error;
  const { errorCode } = error as { readonly errorCode?: unknown };
  const code = typeof errorCode === 'string' && errorCode !== '' ? errorCode : 'unknown';
  if (error instanceof ServerError) {
    const { status = 0 } = error;
    const isFault = !isPassing(status);
    const message = isFault && code !== 'unknown' ? `says ${code}` : `answered ${status}`;
    return new ProviderFailure({
      code,
      message,
      correlationId,
      status,
      transient: !isFault,
      isRefusal: isFault,
    });
  }
  const isLost = code === 'network_error' || code === 'token_parsing_error';
  const message = isLost ? 'gave no answer' : `could not be asked (${code})`;
  return new ProviderFailure({ code, message, correlationId, transient: isLost });
}
