import { ForbiddenError, NotFoundError } from '@holdfast/sdk-base';
import { createTestClient, scriptedTransport, staticCredential, type Step } from '@holdfast/testing';
import { Directory } from './index.js';

const BASE = 'https://api.test/directory/v1.0';
const json = (body: object, status = 200): Step => ({ status, data: JSON.stringify(body) });

function directoryWith(...script: readonly Step[]) {
  const { adapter, requests } = scriptedTransport(script);
  const client = createTestClient({ name: 'directory', baseURL: BASE, axios: { adapter } });
  return { directory: new Directory(client), requests };
}

describe('the directory', () => {
  it('has all who work here, from all pages', async () => {
    const { directory, requests } = directoryWith(
      json({ value: [{ id: '1', displayName: 'Ada' }], '@odata.nextLink': `${BASE}/users?$skiptoken=1` }),
      json({ value: [{ id: '2', displayName: 'Bob' }] }),
    );
    const names: string[] = [];
    for await (const { displayName } of directory.users({ query: { $top: 1 } })) names.push(displayName);
    expect(names).toEqual(['Ada', 'Bob']);
    expect(requests.map(({ token }) => token)).toEqual(['a-static-token', 'a-static-token']);
  });

  it('says to a user who he is, by his own token', async () => {
    const { directory, requests } = directoryWith(json({ id: '1', displayName: 'Ada' }));
    const { displayName } = await directory.as(staticCredential('of-ada')).me();
    expect([displayName, requests[0]?.url, requests[0]?.token]).toEqual(['Ada', '/me', 'of-ada']);
  });

  it('has one of them', async () => {
    const { directory } = directoryWith(json({ id: '2', displayName: 'Bob', mail: 'bob@contoso.example' }));
    await expect(directory.user('2')).resolves.toEqual({ id: '2', displayName: 'Bob' });
  });

  it('says in the manner of OData what is wrong', async () => {
    const error = (code: string) => ({ error: { code, message: 'for developers' } });
    const { directory } = directoryWith(
      json(error('Request_ResourceNotFound'), 404),
      json(error('Authorization_RequestDenied'), 403),
    );
    const missing: unknown = await directory.user('nobody').catch((thrown: unknown) => thrown);
    expect(missing).toBeInstanceOf(NotFoundError);
    expect(missing).toHaveProperty('odata.code', 'Request_ResourceNotFound');
    await expect(directory.me()).rejects.toThrow(ForbiddenError);
  });
});
