// The peers, each as its own documentation sets it up, and Holdfast: a request is made, and sent as often as one likes.
import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
} from '@azure/core-rest-pipeline';
import { install } from '@holdfast/core';
import { attachToken } from '@holdfast/token';
import {
  BaseBearerTokenAuthenticationProvider,
  HttpMethod,
  RequestInformation,
} from '@microsoft/kiota-abstractions';
import { FetchRequestAdapter } from '@microsoft/kiota-http-fetchlibrary';
import axios from 'axios';
import { createAuthRefresh } from 'axios-auth-refresh';
import { claimsChallenge } from './index.ts';

const SCOPES = 'api://orders/.default';

function coreRestPipeline(url, source) {
  // Its policy takes https only, so the last step goes to loopback under another name. Nothing else is changed.
  const origin = 'https://orders.test';
  const loopback = createDefaultHttpClient();
  const transport = {
    async sendRequest(request) {
      const known = request.url;
      request.url = known.replace(origin, url);
      return loopback.sendRequest(request).finally(() => (request.url = known));
    },
  };
  const pipeline = createPipelineFromOptions({});
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential: source, scopes: SCOPES }));
  return {
    make: ({ path, headers = {}, stream }) =>
      createPipelineRequest({
        url: `${origin}${path}`,
        headers: createHttpHeaders(headers),
        allowInsecureConnection: true,
        ...(stream !== undefined && { method: 'POST', body: Readable.from([stream]) }),
      }),
    send: async (request) => (await pipeline.sendRequest(transport, request)).status,
  };
}

function kiota(url, source) {
  // What its provider for Azure's credentials does.
  const getAuthorizationToken = async (_url, context) => {
    const claims =
      context?.claims === undefined ? undefined : Buffer.from(context.claims, 'base64').toString();
    return (await source.getToken(SCOPES, { claims })).token;
  };
  const adapter = new FetchRequestAdapter(
    new BaseBearerTokenAuthenticationProvider({ getAuthorizationToken }),
  );
  return {
    make: ({ path, headers = {}, stream }) => {
      // A body is an ArrayBuffer there.
      if (stream !== undefined) return undefined;
      const request = new RequestInformation(HttpMethod.GET);
      request.URL = `${url}${path}`;
      for (const [name, value] of Object.entries(headers)) request.headers.add(name, value);
      return request;
    },
    send: async (request) => {
      try {
        await adapter.sendNoResponseContent(request);
        return 200;
      } catch (error) {
        if (error.responseStatusCode === undefined) throw error;
        return error.responseStatusCode;
      }
    },
  };
}

function axiosClient(url, setUp) {
  const client = axios.create({ baseURL: url });
  setUp(client);
  return {
    make: ({ path, headers = {}, stream }) =>
      stream === undefined
        ? { url: path, headers }
        : { url: path, headers, method: 'post', data: Readable.from([stream]) },
    send: async (request) => {
      try {
        return sentBy(request, await client.request(request));
      } catch (error) {
        if (error.response === undefined) throw error;
        return sentBy(request, error.response);
      }
    },
  };
}

/** The request as axios hands it back is the one that is made again. */
function sentBy(request, { status, config }) {
  Object.assign(request, config);
  return status;
}

function axiosAuthRefresh(url, source) {
  return axiosClient(url, (client) => {
    let token;
    client.interceptors.request.use(async (config) => {
      token ??= (await source.getToken(SCOPES)).token;
      config.headers['Authorization'] = `Bearer ${token}`;
      return config;
    });
    createAuthRefresh(client, async (failed) => {
      token = (await source.getToken(SCOPES, { forceRefresh: true })).token;
      failed.response.config.headers['Authorization'] = `Bearer ${token}`;
    });
  });
}

function holdfast(url, source, clock) {
  return axiosClient(url, (client) => {
    const token = attachToken(source, { scopes: SCOPES, enableCae: true, clock });
    install(client, [token, claimsChallenge()], { clock });
  });
}

/** By name, in the order of the table. */
export const STACKS = {
  '@azure/core-rest-pipeline': coreRestPipeline,
  kiota,
  'axios-auth-refresh': axiosAuthRefresh,
  Holdfast: holdfast,
};
