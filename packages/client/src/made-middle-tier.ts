import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { systemClock, type Clock, type HttpReply, type HttpReplyOptions } from '@holdfast/core';
import { onBehalfOf, signedInUser, type OnBehalfOf } from '@holdfast/msal';
import {
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ProtectedApi,
} from '@holdfast/testing';
import type { AxiosInstance } from 'axios';
import { challengeFor, createServiceClient, httpReplyFor, type TokenCredential } from './index.js';

/** A request that has reached the middle tier. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** `undefined` while it is under way, and when its answer was cut off. */
  status: number | undefined;
}

/** What a web framework is given to serve. */
export interface Routes {
  /** `orders`, called as whoever has called. */
  readonly orders: AxiosInstance;
  callerOf(authorization: string | undefined): TokenCredential;
  /** What the caller is answered; `undefined` when only the application would know. */
  replyFor(error: unknown): HttpReply | undefined;
  /** Takes a line of the framework's own log. */
  readonly log: string[];
}

/** No answer depends on how busy the machine is, and backoff waits for nothing. */
const UNHURRIED = { deadlineMs: false, attemptTimeoutMs: false, random: () => 0 } as const;

/** Serves the routes, without listening yet. */
export type Serve = (routes: Routes) => Promise<Server>;

/** How a first client was asked to ask its user. */
interface Interaction {
  readonly claims: string | undefined;
}

/** From end to end: a first client, an API in a web framework that calls another one for its users, and that other one. */
export class MadeMiddleTier implements Routes {
  readonly idp: IdentityProvider;
  readonly api: ProtectedApi;
  readonly orders: AxiosInstance;
  readonly requests: SeenRequest[] = [];
  readonly log: string[] = [];
  /** How failures are answered. */
  replies: HttpReplyOptions = { realm: 'contoso' };
  readonly #onBehalfOf: OnBehalfOf;
  #server: Server | undefined = undefined;

  private constructor(idp: IdentityProvider, api: ProtectedApi) {
    this.idp = idp;
    this.api = api;
    this.#onBehalfOf = onBehalfOf({ ...idp.app });
    const nobody: TokenCredential = { getToken: () => Promise.reject(new Error('Nobody has called')) };
    this.orders = createServiceClient({
      ...{ name: 'orders', baseURL: api.url, scopes: 'api://orders/.default', credential: nobody },
      ...UNHURRIED,
    });
  }

  static async start(serve: Serve, apiClock: Clock = systemClock): Promise<MadeMiddleTier> {
    const idp = await startIdentityProvider();
    const tier = new MadeMiddleTier(
      idp,
      await startProtectedApi({ idp, audience: 'api://orders', clock: apiClock }),
    );
    await tier.#listen(await serve(tier));
    return tier;
  }

  get url(): string {
    const { port } = this.#server?.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  callerOf(authorization = ''): TokenCredential {
    return this.#onBehalfOf.forUser(authorization.replace(/^Bearer /, ''));
  }

  replyFor(error: unknown): HttpReply | undefined {
    this.log.push(inspect(error, { depth: null }));
    const { realm = '', exposeHeaders = false } = this.replies;
    return challengeFor(error, { realm, exposeHeaders }) ?? httpReplyFor(error, this.replies);
  }

  /** An app on its user's machine: he signs in by his browser whenever he is asked to. */
  firstClient(): { readonly client: AxiosInstance; readonly interactions: readonly Interaction[] } {
    const interactions: Interaction[] = [];
    const credential = signedInUser({
      ...this.idp.publicApp,
      onInteractionRequired: async (request) => {
        interactions.push(request);
        await request.inBrowser({
          openBrowser: async (url) => {
            await this.idp.browse(url);
          },
        });
      },
    });
    return { client: this.clientOf(credential), interactions };
  }

  clientOf(credential: TokenCredential): AxiosInstance {
    const scopes = `api://${this.idp.app.clientId}/user_impersonation`;
    return createServiceClient({ name: 'portal', baseURL: this.url, scopes, credential, ...UNHURRIED });
  }

  async close(): Promise<void> {
    this.#server?.close();
    this.#server?.closeAllConnections();
    await this.api.close();
    await this.idp.close();
  }

  async #listen(server: Server): Promise<void> {
    this.#server = server;
    server.on('request', ({ method = '', url = '' }, response) => {
      const seen: SeenRequest = { method, path: url, status: undefined };
      this.requests.push(seen);
      response.once('finish', () => {
        seen.status = response.statusCode;
      });
    });
    if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
}
