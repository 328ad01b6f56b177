import { Configuration, IdentityApi, ProjectApi } from '@ory/client';
import axios, { AxiosError, type AxiosRequestConfig } from 'axios';
import { callOf, install, isHoldfastError, standardInterceptors, subscribe } from './index.js';
import { inCommonJs, oryIdentities } from './made-foreign-clients.js';
import { NOBODYS } from './made-foreign-service.js';
import { ForeignStage } from './made-foreign-stage.js';

let stage: ForeignStage;
beforeEach(async () => (stage = await ForeignStage.start()));
afterEach(() => stage[Symbol.asyncDispose]());

const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error as AxiosError,
  );
const paths = () => stage.api.requests.map(({ method, path }) => `${method} ${path}`);

describe('an API class that openapi-generator has made', () => {
  it('gives its users the error of axios, with the answer that the description says, and the story of the call', async () => {
    const error = await errorOf(oryIdentities(stage.client(), stage.api.url).getIdentity({ id: NOBODYS }));
    expect(error).toBeInstanceOf(AxiosError);
    expect([error.status, error.response?.data]).toEqual([
      404,
      { error: { code: 404, status: 'Not Found', message: 'No such item' } },
    ]);
    expect(error.response?.headers['content-type']).toBe('application/json');
    expect(callOf(error)?.sends).toBe(1);
  });

  it('sends a POST again with the key of its last argument, and once without', async () => {
    const identities = oryIdentities(stage.client(), stage.api.url);
    const create = (holdfast: { readonly idempotencyKey?: true }) => {
      const options: AxiosRequestConfig = { holdfast };
      return identities.createIdentity({ createIdentityBody: { schema_id: 'default', traits: {} } }, options);
    };
    stage.api.failNext({ status: 503 });
    expect(await errorOf(create({}))).toHaveProperty('status', 503);
    stage.api.failNext({ status: 503 });
    await expect(stage.inTime(create({ idempotencyKey: true }))).resolves.toHaveProperty('data.id', 'new');
    expect(stage.api.requests.map(({ status }) => status)).toEqual([503, 503, 200]);
  });

  it('calls the client’s base URL, whatever its description says', async () => {
    const client = stage.client();
    await oryIdentities(client, 'https://of-the-description.example').getIdentity({ id: '7' });
    await new ProjectApi(undefined, undefined, inCommonJs(client)).listProjects();
    expect(paths()).toEqual(['GET /admin/identities/7', 'GET /projects']);
  });

  it('over an instance without a base URL is refused where its description leads elsewhere: no token goes there', async () => {
    const identities = oryIdentities(stage.installed(), 'https://of-the-description.example');
    const error = await errorOf(identities.getIdentity({ id: '7' }));
    expect(isHoldfastError(error, 'ERR_TOKEN_ORIGIN')).toBe(true);
    expect(callOf(error)?.sends).toBe(0);
    expect(stage.idp.tokenRequests).toEqual([]);
  });

  it('with an access token in its configuration sends that, and a warning says that no token went', async () => {
    const warnings: string[] = [];
    const stop = subscribe('holdfast:warning', ({ code }) => warnings.push(code));
    const configuration = new Configuration({ accessToken: 'of-its-own' });
    const identities = new IdentityApi(configuration, undefined, inCommonJs(stage.client()));
    expect(await errorOf(identities.getIdentity({ id: '7' }))).toHaveProperty('status', 401);
    stop();
    expect(warnings).toEqual(['OWN_AUTHORIZATION']);
    expect([stage.idp.tokenRequests, stage.api.requests.at(-1)?.tokenId]).toEqual([[], undefined]);
  });

  it('made without an instance calls by axios itself, and so through what is installed there', async () => {
    const { clock, api } = stage;
    const pipeline = standardInterceptors({ name: 'stock', credential: false, clock });
    const hold = install(axios, pipeline, { clock });
    const response = await errorOf(new IdentityApi(undefined, api.url).getIdentity({ id: '7' }));
    hold.eject();
    expect([response.status, callOf(response)?.service]).toEqual([401, 'stock']);
  });
});
