import {
  manualClock,
  startIdentityProvider,
  type IdentityProvider,
  type ManualClock,
} from '@holdfast/testing';
import { onBehalfOf, type OnBehalfOf, type OnBehalfOfOptions } from './index.js';

/** What the API behind is asked for. */
export const SCOPE = 'api://orders/.default';

/** An API that calls another one on behalf of its users, and the identity provider of both, by one clock. */
export class MadeMiddleTier {
  readonly idp: IdentityProvider;
  readonly clock: ManualClock;

  private constructor(idp: IdentityProvider, clock: ManualClock) {
    this.idp = idp;
    this.clock = clock;
  }

  static async start(): Promise<MadeMiddleTier> {
    const clock = manualClock({ fakeGlobals: false, now: Math.floor(Date.now() / 1000) * 1000 });
    return new MadeMiddleTier(await startIdentityProvider({ clock }), clock);
  }

  onBehalfOf(options: Partial<OnBehalfOfOptions> = {}): OnBehalfOf {
    const { clientSecret, ...app } = this.idp.app;
    const proof = options.clientCertificate === undefined ? { clientSecret } : {};
    return onBehalfOf({ ...app, ...proof, clock: this.clock, random: () => 0.5, ...options });
  }

  /** A token by which a new user calls. */
  newcomer(number: number): Promise<string> {
    return this.idp.issueUserToken({
      user: this.idp.addUser({ username: `user-${number}@contoso.example` }),
    });
  }

  async close(): Promise<void> {
    await this.idp.close();
  }
}
