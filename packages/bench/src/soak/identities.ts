import type { TokenCredential } from '@holdfast/client';
import { clientCredential, onBehalfOf } from '@holdfast/msal';
import type { IdentityProvider, User } from '@holdfast/testing';
import { setTimeout as pause } from 'node:timers/promises';
import type { Chance } from './chance.js';

/** Whoever calls. Without a credential of his own he calls as the application. */
export interface Caller {
  /** As the APIs know him by his token. */
  readonly name: string;
  readonly credential: TokenCredential | undefined;
}

const USERS = ['ada', 'grace', 'edsger'] as const;
const SCRIPTED_USERS = 12;
const APPLICATION = 'the application';

/** Of a scripted token: short, so that tokens are renewed at all times, ahead of their end and after it. */
const LIFE_MS = 6_000;

/** So many tokens of a user are known; older ones are not sent any more. */
const KNOWN = 60;

interface Holder {
  readonly name: string;
  readonly audience: string;
}

/** Those who call, by tokens of the identity provider and by scripted ones, and who knows them again. */
export class Identities {
  readonly application: TokenCredential;
  callers: readonly [Caller, ...Caller[]];
  /** How often a token was asked for while the provider was down, in vain. */
  failed = 0;
  /** Whether scripted credentials are slow, and have no token, now and then. */
  readonly mood: { isBad: boolean } = { isBad: false };
  readonly #idp: IdentityProvider;
  readonly #scripted = new Map<string, Holder>();

  readonly #signedIn: readonly User[];
  readonly #others: readonly Caller[];

  private constructor(idp: IdentityProvider, chance: Chance) {
    this.#idp = idp;
    const credential = clientCredential({ ...idp.app });
    this.application = {
      getToken: async (scopes, options) => {
        try {
          return await credential.getToken(scopes, options);
        } catch (error) {
          this.failed += 1;
          throw error;
        }
      },
    };
    this.#signedIn = USERS.map((username) => idp.addUser({ username }));
    this.#others = Array.from({ length: SCRIPTED_USERS }, (_, number): Caller => {
      const name = `user ${number}`;
      return { name, credential: new ScriptedCredential(name, chance, this.#scripted, this.mood) };
    });
    this.callers = [{ name: APPLICATION, credential: undefined }, ...this.#others];
  }

  static async of(idp: IdentityProvider, chance: Chance): Promise<Identities> {
    const identities = new Identities(idp, chance);
    await identities.signInAnew();
    return identities;
  }

  /** The users come to another instance, as after a deployment: it holds nothing, and waits after no failure of another. */
  async signInAnew(): Promise<void> {
    const instance = onBehalfOf({ ...this.#idp.app });
    const users = this.#signedIn.map(async (user): Promise<Caller> => {
      const assertion = await this.#idp.issueUserToken({ user });
      return { name: user.username, credential: instance.forUser(assertion) };
    });
    this.callers = [
      { name: APPLICATION, credential: undefined },
      ...(await Promise.all(users)),
      ...this.#others,
    ];
  }

  /** Whose token it is, and for what; `undefined` for one that nobody has issued. */
  async holderOf(token: string): Promise<Holder | undefined> {
    if (token.startsWith(ScriptedCredential.MARK)) return this.#scripted.get(token);
    try {
      const { aud, preferred_username: name = APPLICATION } = await this.#idp.verify(token);
      return { name, audience: aud };
    } catch {
      return undefined;
    }
  }
}

/** Marks each token with its user and what it is for, is slow now and then, and has none now and then. */
class ScriptedCredential implements TokenCredential {
  static readonly MARK = 'scripted.';
  readonly #name: string;
  readonly #chance: Chance;
  readonly #issued: Map<string, Holder>;
  readonly #mood: { readonly isBad: boolean };
  readonly #known: string[] = [];
  #count = 0;

  constructor(name: string, chance: Chance, issued: Map<string, Holder>, mood: { readonly isBad: boolean }) {
    this.#name = name;
    this.#chance = chance;
    this.#issued = issued;
    this.#mood = mood;
  }

  async getToken(scopes: string | string[]): ReturnType<TokenCredential['getToken']> {
    const [scope = ''] = [scopes].flat();
    this.#count += 1;
    const token = `${ScriptedCredential.MARK}${this.#name.replace(' ', '-')}.${this.#count}`;
    const chance = this.#mood.isBad ? this.#chance.next() : 1;
    if (chance < 0.3) await pause(this.#chance.below(200));
    if (chance < 0.005) throw new Error('The credential fails on purpose');
    this.#remember(token, scope.replace('/.default', ''));
    const now = Date.now();
    return { token, expiresOnTimestamp: now + LIFE_MS, refreshAfterTimestamp: now + LIFE_MS / 2 };
  }

  #remember(token: string, audience: string): void {
    this.#issued.set(token, { name: this.#name, audience });
    const oldest = this.#known.push(token) > KNOWN ? this.#known.shift() : undefined;
    if (oldest !== undefined) this.#issued.delete(oldest);
  }
}
