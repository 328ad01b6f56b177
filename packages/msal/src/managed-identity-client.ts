import { asAbortError, orCanceled, type Cancelable, type Clock } from '@holdfast/core';
import type { AccessToken, GetTokenOptions, TokenCredential } from '@holdfast/token';
import { createHash } from 'node:crypto';
import { countCredential } from './credential-count.js';
import {
  IdentityApplication,
  endpointFailure,
  type AssignedIdentity,
} from './managed-identity-application.js';
import { ManagedIdentityNetwork, type EndpointTerms } from './managed-identity-network.js';
import { ImdsProbe } from './managed-identity-probe.js';
import { endpointBackoffMs } from './managed-identity-verdict.js';
import type { Exchange, ProviderFailure } from './network.js';
import { ProviderGates } from './provider-gates.js';
import { noTokenFor, refused } from './refused.js';
import { refuseStepUp } from './step-up.js';

/** What a {@link ManagedIdentityClient} is made of. */
export interface ManagedIdentitySettings extends AssignedIdentity {
  readonly timeoutMs: number | false;
  readonly probeTimeoutMs: number | false;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What is asked of a client. */
interface Asked {
  readonly scopes: readonly string[];
  readonly resource: string;
  readonly options: GetTokenOptions;
}

const ENDPOINT = 'the managed identity endpoint';
// A scope may come from a request. To forget one costs a token that is no newer.
const MOST_TOKENS = 100;

/** An identity that the machine has, which acquires tokens, each by one request to the machine's endpoint. */
export class ManagedIdentityClient implements TokenCredential {
  readonly #settings: ManagedIdentitySettings;
  readonly #network: ManagedIdentityNetwork;
  readonly #probe: ImdsProbe;
  readonly #gates: ProviderGates;
  readonly #ordinary: IdentityApplication;
  /** Declares `cp1`: that belongs to an acquisition, and MSAL has it in the application. */
  readonly #answering: IdentityApplication;
  /** The hash of the last token, by resource and whether `cp1` was declared. Last is what was used last. */
  readonly #issued = new Map<string, string>();
  #isCounted = false;

  constructor(settings: ManagedIdentitySettings) {
    const { timeoutMs, probeTimeoutMs, clock, random } = settings;
    this.#settings = settings;
    this.#network = new ManagedIdentityNetwork(timeoutMs, clock);
    this.#probe = new ImdsProbe(probeTimeoutMs, clock);
    this.#gates = new ProviderGates({ clock, random, backoffMs: endpointBackoffMs });
    this.#ordinary = new IdentityApplication(settings, false);
    this.#answering = new IdentityApplication(settings, true);
  }

  getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken> {
    const { abortSignal } = options;
    const caller: Cancelable = abortSignal === undefined ? {} : { signal: abortSignal };
    const wanted = typeof scopes === 'string' ? [scopes] : scopes;
    return asAbortError(orCanceled(this.#token(wanted, options, caller), caller));
  }

  async #token(
    scopes: readonly string[],
    options: GetTokenOptions,
    caller: Cancelable,
  ): Promise<AccessToken> {
    const resource = resourceOf(scopes);
    refuseStepUp(scopes, options);
    const application = options.enableCae === true ? this.#answering : this.#ordinary;
    const given = idOf(this.#settings);
    if (given !== undefined && !application.source.choices.includes(given)) {
      const message = `${noTokenFor(scopes)}no identity can be chosen here by the option "${given}"`;
      throw refused(message, scopes, { transient: false });
    }
    this.#count(given);
    const arrival = { authority: ENDPOINT, scopes, caller };
    return this.#gates.pass(arrival, () => this.#ask(application, { scopes, resource, options }));
  }

  async #ask(application: IdentityApplication, asked: Asked): Promise<AccessToken> {
    const { scopes, resource, options } = asked;
    const { isImds, canRefresh, challenges } = application.source;
    // Where the environment names the endpoint, it is there.
    if (isImds && !isNamed()) await this.#find(scopes);
    const key = `${options.enableCae === true ? 'cp1' : ''} ${resource}`;
    const isRejected = (options.claims ?? '') !== '' || options.forceRefresh === true;
    const terms: EndpointTerms = {
      rejectedSha256: canRefresh && isRejected ? this.#issued.get(key) : undefined,
      challenges,
    };
    const token = await this.#network.during(options.abortSignal, terms, (exchange) =>
      this.#acquire(application, asked, exchange),
    );
    if (canRefresh) this.#remember(key, token);
    return token;
  }

  async #acquire(
    application: IdentityApplication,
    { scopes, resource }: Asked,
    exchange: Exchange,
  ): Promise<AccessToken> {
    const { correlationId } = exchange;
    let token: AccessToken | undefined;
    try {
      token = await application.acquire(resource);
    } catch (error) {
      const failure = endpointFailure(error, exchange);
      throw failed(
        `${ENDPOINT} ${failure.errorMessage}`,
        scopes,
        failure,
        this.#isNobody(application, failure),
      );
    }
    if (token === undefined)
      throw refused(`${noTokenFor(scopes)}${ENDPOINT} answered without one`, scopes, {
        correlationId,
        transient: true,
      });
    return token;
  }

  /** @throws {TokenAcquisitionError} where there is no metadata service. */
  async #find(scopes: readonly string[]): Promise<void> {
    const failure = await this.#probe.failure();
    if (failure === undefined) return;
    throw failed(`there is no managed identity here: ${reasonOf(failure)}`, scopes, failure, true);
  }

  /** Whether the machine is Azure's, but has no identity: a developer's, or one that builds. */
  #isNobody({ source }: IdentityApplication, { status, errorCode }: ProviderFailure): boolean {
    const isSystems = idOf(this.#settings) === undefined;
    return source.isImds && isSystems && status === 400 && errorCode === 'invalid_request';
  }

  #remember(key: string, { token }: AccessToken): void {
    this.#issued.delete(key);
    if (this.#issued.size >= MOST_TOKENS) this.#issued.delete(this.#issued.keys().next().value ?? '');
    this.#issued.set(key, createHash('sha256').update(token).digest('hex'));
  }

  #count(given: keyof AssignedIdentity | undefined): void {
    if (this.#isCounted) return;
    this.#isCounted = true;
    const clientId = given === undefined ? 'of the system' : (this.#settings[given] ?? '');
    countCredential({ authority: ENDPOINT, clientId, clock: this.#settings.clock });
  }
}

function failed(
  reason: string,
  scopes: readonly string[],
  failure: ProviderFailure,
  unavailable: boolean,
): Error {
  const { correlationId, retryAfterMs, transient } = failure;
  const known = { correlationId, retryAfterMs, transient, unavailable, cause: failure };
  return refused(`${noTokenFor(scopes)}${reason}`, scopes, known);
}

function reasonOf({ errorCode, errorMessage }: ProviderFailure): string {
  return errorCode === 'not_azure' ? errorMessage : `Azure's metadata service ${errorMessage}`;
}

function idOf(identity: AssignedIdentity): keyof AssignedIdentity | undefined {
  return (['clientId', 'resourceId', 'objectId'] as const).find((name) => identity[name] !== undefined);
}

function isNamed(): boolean {
  return (process.env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] ?? '') !== '';
}

const DEFAULT_SCOPE = '/.default';

/** @throws {TokenAcquisitionError} for anything but one scope: an endpoint gives out tokens for one resource. */
function resourceOf(scopes: readonly string[]): string {
  const [scope = ''] = scopes;
  const resource = scope.endsWith(DEFAULT_SCOPE) ? scope.slice(0, -DEFAULT_SCOPE.length) : scope;
  if (scopes.length === 1 && resource !== '') return resource;
  const message = `${noTokenFor(scopes)}a managed identity has tokens for one resource each: ask for one scope, such as https://vault.azure.net/.default`;
  throw refused(message, scopes, { transient: false });
}
