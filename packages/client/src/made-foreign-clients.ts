import { feathers, type Service } from '@feathersjs/feathers';
import restClient from '@feathersjs/rest-client';
import { IdentityApi } from '@ory/client';
import type { AxiosInstance, AxiosRequestConfig } from 'axios';
import { createClientAsync, type Client, type IOptions } from 'soap';

type Holdfast = NonNullable<AxiosRequestConfig['holdfast']>;

/** Reads an item by one of the clients: its id, as that client understands the answer. */
export type Read = (id: string, holdfast?: Holdfast) => Promise<string>;

interface Item {
  readonly id: string;
}

interface ItemsParams {
  readonly connection?: AxiosRequestConfig;
}

/** What a test needs of feathers's own type, which is generic in what a server may do. */
export type Items = Pick<Service<Item, object, ItemsParams>, 'get' | 'create'>;

export function feathersItems(axios: AxiosInstance, url: string): Items {
  // Its types are those of a CommonJS module: the function is under `default` in both formats.
  const app = feathers<{ items: Items & Service<Item, object, ItemsParams> }>().configure(
    restClient.default(url).axios(axios),
  );
  return app.service('items');
}

type CommonJsAxios = NonNullable<ConstructorParameters<typeof IdentityApi>[2]>;

/**
 * The same instance, as a CommonJS package sees it: axios has types of its own for each of the two formats, and for those of
 * one an instance of the other is none.
 */
export function inCommonJs(axios: AxiosInstance): CommonJsAxios {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- there is only one at run time
  return axios as CommonJsAxios;
}

export function oryIdentities(axios: AxiosInstance, url: string): IdentityApi {
  return new IdentityApi(undefined, url, inCommonJs(axios));
}

/** A description that was read once is kept by `soap` for the life of the process, by its URL. */
export function soapClient(axios: AxiosInstance, url: string, options: IOptions = {}): Promise<Client> {
  return createClientAsync(`${url}/soap?wsdl`, {
    request: inCommonJs(axios),
    disableCache: true,
    ...options,
  });
}

type GetItem = (
  item: Item,
  options: { readonly holdfast: Holdfast },
) => Promise<readonly [result: Item, ...unknown[]]>;

export async function getItem(client: Client, id: string, holdfast: Holdfast = {}): Promise<string> {
  const [item] = await (client['GetItemAsync'] as GetItem)({ id }, { holdfast });
  return item.id;
}

/** Clients that others wrote, each over an axios instance that it is given. */
export const FOREIGN_CLIENTS: Readonly<
  Record<string, (axios: AxiosInstance, url: string) => Read | Promise<Read>>
> = {
  '@ory/client': (axios, url) => {
    const identities = oryIdentities(axios, url);
    return async (id, holdfast = {}) => {
      const options: AxiosRequestConfig = { holdfast };
      return (await identities.getIdentity({ id }, options)).data.id;
    };
  },
  '@feathersjs/rest-client': (axios, url) => {
    const items = feathersItems(axios, url);
    return async (id, holdfast = {}) => (await items.get(id, { connection: { holdfast } })).id;
  },
  // Reading is a POST there, which is repeated only with a key.
  soap: async (axios, url) => {
    const client = await soapClient(axios, url);
    return (id, holdfast = {}) => getItem(client, id, { idempotencyKey: true, ...holdfast });
  },
};
