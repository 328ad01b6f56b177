import {
  bearerTokenAuthenticationPolicy,
  createPipelineFromOptions,
  createPipelineRequest,
} from '@azure/core-rest-pipeline';
import { SECURE, type Place } from './place.js';
import { PATH, type Stack } from './stack.js';
import { SCOPE } from './tokens.js';

/** The pipeline under Azure's SDKs with its defaults and its bearer policy; it leaves the JSON to who calls. */
export function coreRestStack({ tokens, httpClient }: Place): Stack {
  const pipeline = createPipelineFromOptions({});
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential: tokens, scopes: SCOPE }));
  const call = async (): Promise<unknown> => {
    const request = createPipelineRequest({ url: `${SECURE}${PATH}`, allowInsecureConnection: true });
    const { bodyAsText } = await pipeline.sendRequest(httpClient, request);
    return JSON.parse(bodyAsText ?? '');
  };
  return { call };
}
