import { scriptedTransport, staticCredential, testDefaults, type ScriptFunction } from '@holdfast/testing';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Contoso } from './index.js';

const found: ScriptFunction = ({ url }) =>
  url === '/me'
    ? { status: 200, data: '{"id":"1","displayName":"Ada"}' }
    : { status: 200, data: '{"id":"7","customer":"Fabrikam","euros":1,"status":"open"}' };

function contosoWith(script: ScriptFunction = found) {
  const { adapter, requests } = scriptedTransport(script);
  const defaults = { ...testDefaults(), axios: { adapter } };
  return { contoso: new Contoso({ credential: staticCredential('job'), defaults }), requests };
}

describe('the SDK of Contoso', () => {
  it('calls each service at its place in production', async () => {
    const { contoso, requests } = contosoWith();
    await contoso.orders.get('7');
    await contoso.directory.me();
    expect(requests.map(({ baseURL }) => baseURL)).toEqual([
      'https://api.contoso.example/sales/v1',
      'https://api.contoso.example/directory/v1.0',
    ]);
  });

  it('says its name and the version under which it is published', async () => {
    const { contoso, requests } = contosoWith();
    await contoso.orders.get('7');
    const text = readFileSync(join(__dirname, '..', 'package.json'), 'utf8');
    const { version } = JSON.parse(text) as { readonly version: string };
    expect(requests[0]?.headers['user-agent']).toMatch(`contoso-sdk/${version} `);
  });

  it('acts for a user in all of its services, and goes on for the job', async () => {
    const { contoso, requests } = contosoWith();
    const ada = contoso.as(staticCredential('ada'));
    await ada.orders.get('7');
    await ada.directory.me();
    await contoso.orders.get('7');
    expect(requests.map(({ token }) => token)).toEqual(['ada', 'ada', 'job']);
  });

  it('asks nobody again for one user what the service has refused to another', async () => {
    const { contoso, requests } = contosoWith(() => ({ status: 429, headers: { 'retry-after': '600' } }));
    const failureOf = (call: Promise<unknown>) => call.catch((error: unknown) => error);
    await failureOf(contoso.as(staticCredential('ada')).orders.get('7'));
    await expect(failureOf(contoso.as(staticCredential('bob')).orders.get('7'))).resolves.toHaveProperty(
      'code',
      'ERR_THROTTLED',
    );
    expect(requests).toHaveLength(1);
  });

  it('is closed as a whole', async () => {
    const { contoso } = contosoWith();
    await contoso.as(staticCredential('ada')).close();
    await expect(contoso.orders.get('7')).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' });
  });
});
