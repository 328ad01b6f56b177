import type { Cancelable, TokenDemand } from '@holdfast/core';
import { isProviderTrouble } from './acquisition-error.js';
import { RememberedLookups } from './application.js';
import type { Audience } from './audience.js';
import type { Authority, TenantAuthority } from './authority.js';
import { countCredential } from './credential-count.js';
import { DevicePolling } from './device-polling.js';
import { PipelineNetwork, type Exchange } from './network.js';
import type { SignedIn } from './partition-content.js';
import type { Proof, ProofSource } from './proof.js';
import { sendProven } from './proven-request.js';
import type { NetworkSettings } from './provider-connection.js';
import { ProviderGates } from './provider-gates.js';
import { noTokenFor, refused } from './refused.js';
import type { AuthorizationCode, DevicePrompt, SignInUrl } from './sign-in.js';
import { UserApplication, type Shortcoming, type UserRequest, type UserTokens } from './user-application.js';
import { principalOf } from './user-assertion.js';
import { userFailure } from './user-failure.js';

/** What an application is made of that users sign in to. */
export interface UserClientSettings extends NetworkSettings {
  readonly tenantId: string | undefined;
  readonly clientId: string;
  readonly authority: Authority;
  /** `undefined` for a public client, which has nothing to prove itself by. */
  readonly proof: ProofSource | undefined;
  readonly random: () => number;
}

/** What is asked of the identity provider, for a user or for whoever signs in. */
export interface UserNeed {
  readonly authority: TenantAuthority;
  /** The tenant that was asked for, where it is not the application's own. */
  readonly tenantId: string | undefined;
  readonly scopes: readonly string[];
  readonly demand: TokenDemand;
  readonly answersChallenges: boolean;
  readonly caller: Cancelable;
}

/** Whoever signs in at this machine, who is not known yet. */
const SIGNING_IN = 'signing in';

type Ask = (application: UserApplication, request: UserRequest) => Promise<UserTokens | Shortcoming>;

/** An application that users sign in to, and what it asks of the identity provider. */
export class UserClient {
  readonly settings: UserClientSettings;
  readonly #network: PipelineNetwork;
  readonly #lookups: RememberedLookups;
  readonly #gates: ProviderGates;
  #isCounted = false;

  constructor(settings: UserClientSettings) {
    this.settings = settings;
    this.#network = new PipelineNetwork(settings);
    this.#lookups = new RememberedLookups(this.#network, settings.clock);
    this.#gates = new ProviderGates(settings);
  }

  /** By the refresh token of a user. */
  async renew(user: SignedIn, need: UserNeed): Promise<UserTokens> {
    const { homeAccountId } = user.account;
    const tokens = await this.#pass(homeAccountId, need, (application, request) =>
      application.silently(user, request),
    );
    if (tokens.account.homeAccountId === homeAccountId) return tokens;
    const message = `${noTokenFor(need.scopes)}the identity provider answered with that of another user`;
    throw refused(message, need.scopes, { transient: false });
  }

  /** By a code that has come back to the redirect URI. */
  redeem(code: AuthorizationCode, need: UserNeed): Promise<UserTokens> {
    // Who it is for is not known yet: the trouble of each is his own, until there are several.
    const principal = `${SIGNING_IN} ${principalOf(code.code)}`;
    return this.#pass(principal, need, (application, request) => application.byCode(code, request));
  }

  /** By a code that the user enters elsewhere. It stands still while nobody of the audience is there. */
  byDeviceCode(
    need: UserNeed,
    audience: Audience,
    show: (prompt: DevicePrompt) => void,
  ): { readonly polling: DevicePolling; readonly tokens: Promise<UserTokens> } {
    const { clock, random } = this.settings;
    const polling = new DevicePolling({ network: this.#network, audience, show, clock, random });
    const tokens = this.#slowly(need, (request) =>
      this.#application(need, new RememberedLookups(polling, clock)).byDeviceCode(request),
    );
    return { polling, tokens };
  }

  /** By a browser on this machine. */
  inBrowser(
    need: UserNeed,
    loginHint: string | undefined,
    openBrowser: (url: string) => Promise<void>,
  ): Promise<UserTokens> {
    return this.#slowly(need, (request) =>
      this.#application(need).inBrowser(openBrowser, loginHint, request),
    );
  }

  /** Where a browser is sent for the user to sign in. */
  signInUrl(url: SignInUrl, need: UserNeed): Promise<string> {
    return this.#network.during(need.caller.signal, (exchange) =>
      this.#application(need)
        .signInUrl(url, requestOf(need, exchange))
        .catch((error: unknown) => {
          throw userFailure(error, need, exchange);
        }),
    );
  }

  /** Through the gates, and with a proof where there is one to give. */
  async #pass(principal: string, need: UserNeed, ask: Ask): Promise<UserTokens> {
    const { authority, tenantId, scopes, caller } = need;
    this.#count(authority.authority);
    // Nobody leaves what is sent: a refresh token that was replaced without anybody hearing of it signs its user out.
    const arrival = { authority: authority.authority, scopes, caller: {}, principal };
    this.#gates.check(arrival);
    const { proof: source, clientId, tenantId: own } = this.settings;
    const proofNeed = { tenantId: tenantId ?? own, clientId, scopes, caller };
    const proof = await source?.get(proofNeed);
    const send = (shown: Proof | undefined) =>
      this.#during(need, (request) => ask(this.#application(need, this.#lookups, shown), request));
    return this.#gates.pass(arrival, () =>
      source === undefined || proof === undefined
        ? send(undefined)
        : sendProven(source, proof, proofNeed, send),
    );
  }

  /** As slowly as a person. The gates are not held meanwhile, but hear of trouble. */
  async #slowly(
    need: UserNeed,
    ask: (request: UserRequest) => Promise<UserTokens | Shortcoming>,
  ): Promise<UserTokens> {
    const { authority, scopes } = need;
    this.#count(authority.authority);
    const arrival = { authority: authority.authority, scopes, caller: {}, principal: SIGNING_IN };
    this.#gates.check(arrival);
    try {
      const tokens = await this.#during(need, ask);
      // It answers: trouble that comes later is not one more in a row. Nobody waits for that.
      this.#gates.pass(arrival, () => Promise.resolve()).catch(() => undefined);
      return tokens;
    } catch (failure) {
      if (!isProviderTrouble(failure)) throw failure;
      return await this.#gates.pass(arrival, () => Promise.reject(failure));
    }
  }

  /** Nothing ends it but its time limits. */
  #during(
    need: UserNeed,
    ask: (request: UserRequest) => Promise<UserTokens | Shortcoming>,
  ): Promise<UserTokens> {
    return this.#network.during(undefined, async (exchange) => {
      const { correlationId } = exchange;
      const tokens = await ask(requestOf(need, exchange)).catch((error: unknown) => {
        throw userFailure(error, need, exchange);
      });
      if (typeof tokens === 'object') return tokens;
      const message = `${noTokenFor(need.scopes)}the identity provider answered with ${tokens}`;
      throw refused(message, need.scopes, { correlationId, transient: tokens === 'no token' });
    });
  }

  #application(
    { authority, answersChallenges }: UserNeed,
    network: RememberedLookups = this.#lookups,
    proof?: Proof,
  ): UserApplication {
    const { clientId } = this.settings;
    return new UserApplication({ clientId, answersChallenges, ...authority }, network, () => proof);
  }

  #count(authority: string): void {
    if (this.#isCounted) return;
    this.#isCounted = true;
    countCredential({ ...this.settings, authority });
  }
}

function requestOf({ scopes, demand }: UserNeed, { correlationId }: Exchange): UserRequest {
  return { scopes, demand, correlationId };
}
