import { randomBytes, randomInt } from 'node:crypto';
import { PLAIN_ACR } from './authentication.js';
import { delegate, readDelegated, type DelegatedRequest, type Grant, type GrantRequest } from './grant.js';
import type { InteractionPolicies } from './interaction-policies.js';
import { badRequest, invalidGrant, type OAuthError } from './oauth-error.js';
import type { RefreshTokens } from './refresh-tokens.js';
import type { User } from './users.js';

/** RFC 8628, section 3.4; the short name is the one that MSAL sends. */
export const DEVICE_CODE: readonly string[] = ['device_code', 'urn:ietf:params:oauth:grant-type:device_code'];

/** A device that waits for its user to sign in elsewhere, without its secret code. */
export interface DeviceSignIn {
  /** Epoch milliseconds at which it has begun. */
  readonly at: number;
  readonly clientId: string;
  readonly scope: string;
  /** JSON text. */
  readonly claims: string | undefined;
  readonly correlationId: string | undefined;
  /** What the user types, for `idp.approve()`. */
  readonly userCode: string;
  /** `redeemed`: the device has its token. */
  readonly status: 'pending' | 'approved' | 'declined' | 'redeemed';
}

interface OpenSignIn extends DeviceSignIn {
  status: DeviceSignIn['status'];
  user: User | undefined;
  /** Epoch milliseconds at which he has signed in. */
  approvedAt: number;
  readonly asked: DelegatedRequest;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** What a device gets to begin with (RFC 8628, section 3.2). */
export interface DeviceCodes {
  readonly user_code: string;
  readonly device_code: string;
  readonly verification_uri: string;
  readonly expires_in: number;
  readonly interval: number;
  readonly message: string;
}

const WHERE = 'https://microsoft.com/devicelogin';
// What cannot be mistaken when it is read out.
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ';

/** How long users and devices have. */
export interface DeviceSettings {
  /** Seconds. */
  readonly deviceCodeExpiresIn: number;
  /** Seconds. */
  readonly deviceCodeInterval: number;
}

/** A device signs its user in, who does so elsewhere (RFC 8628). */
export class DeviceGrant {
  readonly signIns: OpenSignIn[] = [];
  readonly #settings: DeviceSettings;
  readonly #policies: InteractionPolicies;
  readonly #refreshTokens: RefreshTokens;
  readonly #byDeviceCode = new Map<string, OpenSignIn>();

  constructor(settings: DeviceSettings, policies: InteractionPolicies, refreshTokens: RefreshTokens) {
    this.#settings = settings;
    this.#policies = policies;
    this.#refreshTokens = refreshTokens;
  }

  /** The answer of the device authorization endpoint. */
  begin(form: URLSearchParams, correlationId: string | undefined, now: number): DeviceCodes | OAuthError {
    const asked = readDelegated(form);
    if ('error' in asked) return asked;
    const { deviceCodeExpiresIn, deviceCodeInterval } = this.#settings;
    const userCode = Array.from({ length: 9 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
    const deviceCode = randomBytes(48).toString('base64url');
    const signIn: OpenSignIn = {
      at: now,
      clientId: form.get('client_id') ?? '',
      scope: form.get('scope') ?? '',
      claims: form.get('claims') ?? undefined,
      correlationId,
      userCode,
      status: 'pending',
      user: undefined,
      approvedAt: 0,
      asked,
      expiresAt: now + deviceCodeExpiresIn * 1000,
    };
    this.signIns.push(signIn);
    this.#byDeviceCode.set(deviceCode, signIn);
    return {
      user_code: userCode,
      device_code: deviceCode,
      verification_uri: WHERE,
      expires_in: deviceCodeExpiresIn,
      interval: deviceCodeInterval,
      message: `To sign in, use a web browser to open the page ${WHERE} and enter the code ${userCode} to authenticate.`,
    };
  }

  /** @throws {TypeError} when nobody waits for this code. */
  approve(userCode: string, user: User, now: number): void {
    const signIn = this.#pending(userCode, now);
    signIn.status = 'approved';
    signIn.user = user;
    signIn.approvedAt = now;
    this.#policies.interacted(user, signIn.asked.requestedClaims);
  }

  /** @throws {TypeError} when nobody waits for this code. */
  decline(userCode: string, now: number): void {
    this.#pending(userCode, now).status = 'declined';
  }

  userOf(form: URLSearchParams): User | undefined {
    return this.#byDeviceCode.get(form.get('device_code') ?? '')?.user;
  }

  judge(request: GrantRequest): Grant | OAuthError {
    const { form, clientId, now } = request;
    const signIn = this.#byDeviceCode.get(form.get('device_code') ?? '');
    if (signIn === undefined || signIn.clientId !== clientId) return UNKNOWN;
    if (signIn.status === 'redeemed') return REDEEMED;
    if (now >= signIn.expiresAt) return EXPIRED;
    if (signIn.status === 'declined') return DECLINED;
    const { user } = signIn;
    if (user === undefined) return PENDING;
    const asked = readDelegated(form, signIn.asked);
    if ('error' in asked) return asked;
    signIn.status = 'redeemed';
    const authentication = { acr: PLAIN_ACR, at: signIn.approvedAt };
    const refreshToken = asked.scopes.offline
      ? this.#refreshTokens.issue({ user, authentication, clientId }, now)
      : undefined;
    return delegate(request, asked, { user, authentication, refreshToken });
  }

  #pending(userCode: string, now: number): OpenSignIn {
    const signIn = this.signIns.find((one) => one.userCode === userCode);
    if (signIn?.status !== 'pending' || now >= signIn.expiresAt)
      throw new TypeError(`No device waits for the code "${userCode}"`);
    return signIn;
  }
}

// The names of RFC 8628, section 3.5, but for two that are Microsoft Entra ID's own.
const PENDING = badRequest(
  'authorization_pending',
  70016,
  'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
);
const DECLINED = badRequest(
  'authorization_declined',
  65004,
  'The end-user has denied the authorization request.',
);
const EXPIRED = badRequest('expired_token', 70020, 'This device code has expired.');
const UNKNOWN = badRequest('bad_verification_code', 70018, "The 'device_code' is not recognized.");
const REDEEMED = invalidGrant(54005, 'The device code was already redeemed.');
