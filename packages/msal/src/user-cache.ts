import type { ICachePlugin, TokenCacheContext } from '@azure/msal-node';

/** What outlives an acquisition: who the user is, and his refresh token. Access tokens and ID tokens do not. */
const KEPT: ReadonlySet<string> = new Set(['Account', 'RefreshToken', 'AppMetadata']);

/**
 * One user's part of MSAL's cache, as text, for one acquisition. MSAL merges what it reads into what it has, so an
 * application that outlived its user, or had two of them, would mix them.
 */
export class UserCache implements ICachePlugin {
  #text: string;

  constructor(text = '') {
    this.#text = text;
  }

  /** A method, since inspecting an object may run its getters. */
  toText(): string {
    return this.#text;
  }

  beforeCacheAccess({ tokenCache }: TokenCacheContext): Promise<void> {
    try {
      tokenCache.deserialize(this.#text);
    } catch {
      // What cannot be read has no user in it.
      tokenCache.deserialize('');
    }
    return Promise.resolve();
  }

  afterCacheAccess({ cacheHasChanged, tokenCache }: TokenCacheContext): Promise<void> {
    if (cacheHasChanged) this.#text = keptOf(tokenCache.serialize());
    return Promise.resolve();
  }
}

function keptOf(text: string): string {
  const sections = Object.entries(JSON.parse(text) as Record<string, unknown>);
  return JSON.stringify(Object.fromEntries(sections.filter(([name]) => KEPT.has(name))));
}
