import axios, { type AxiosResponse } from 'axios';
import type { IdentityProvider } from './index.js';

/** Everything that a token endpoint or a device authorization endpoint may answer. */
export interface ProviderAnswer {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token: string;
  readonly client_info: string;
  readonly scope: string;
  readonly device_code: string;
  readonly user_code: string;
  readonly message: string;
  readonly interval: number;
  readonly expires_in: number;
  readonly error: string;
  readonly error_codes: readonly number[];
  readonly suberror: string;
  readonly claims: string;
}

/** What a client sends. */
export type Form = Readonly<Record<string, string>>;

/** Sends a form as it is to an endpoint of the identity provider. */
export function post(
  idp: IdentityProvider,
  endpoint: 'token' | 'devicecode',
  form: Form,
): Promise<AxiosResponse<ProviderAnswer>> {
  const address = `${idp.url}/${idp.app.tenantId}/oauth2/v2.0/${endpoint}`;
  return axios.post(address, new URLSearchParams({ ...form }), { validateStatus: () => true });
}

/** Goes on in the name of the user whose token this is; `form` replaces what the middle tier sends. */
export function onBehalfOf(
  idp: IdentityProvider,
  assertion: string,
  form: Form = {},
): Promise<AxiosResponse<ProviderAnswer>> {
  return post(idp, 'token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    client_id: idp.app.clientId,
    client_secret: idp.app.clientSecret,
    requested_token_use: 'on_behalf_of',
    assertion,
    scope: 'api://stock/.default',
    ...form,
  });
}

/** Comes back without the user, as a client without a secret does. */
export function refresh(
  idp: IdentityProvider,
  refresh_token: string,
  form: Form = {},
): Promise<AxiosResponse<ProviderAnswer>> {
  return post(idp, 'token', {
    grant_type: 'refresh_token',
    client_id: idp.publicApp.clientId,
    refresh_token,
    scope: 'api://orders/.default offline_access',
    ...form,
  });
}

/** Asks for the codes of a device. */
export function begin(idp: IdentityProvider, form: Form = {}): Promise<AxiosResponse<ProviderAnswer>> {
  return post(idp, 'devicecode', {
    client_id: idp.publicApp.clientId,
    scope: 'api://orders/.default openid offline_access',
    ...form,
  });
}

/** Asks whether the user of the device has signed in. */
export function poll(
  idp: IdentityProvider,
  device_code: string,
  form: Form = {},
): Promise<AxiosResponse<ProviderAnswer>> {
  return post(idp, 'token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: idp.publicApp.clientId,
    device_code,
    ...form,
  });
}

/** A user signs in for a device; resolves to what that gets. */
export async function signIn(
  idp: IdentityProvider,
  user = idp.user,
  form: Form = {},
): Promise<ProviderAnswer> {
  const { data } = await begin(idp, form);
  idp.approve(data.user_code, user);
  return (await poll(idp, data.device_code)).data;
}
