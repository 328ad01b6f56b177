import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { NotFoundError } from '@holdfast/sdk-base';
import { scriptedTransport, staticCredential, testDefaults } from '@holdfast/testing';
import { Contoso } from '../index.js';

const rate = { status: 200, data: '{"currency":"CHF","perEuro":0.94}' };

function contosoWith(...script: { readonly status: number; readonly data?: string }[]) {
  const { adapter, requests } = scriptedTransport(script);
  const defaults = { ...testDefaults(), axios: { adapter } };
  return { contoso: new Contoso({ credential: staticCredential(), defaults }), requests };
}

await test('a rate is had though the service fails once, and nobody waits', async () => {
  const { contoso, requests } = contosoWith({ status: 503 }, rate);
  assert.equal((await contoso.billing.rates.get('CHF')).perEuro, 0.94);
  assert.equal(requests.length, 2);
});

await test('a currency that there is not is told by its error', async () => {
  const { contoso } = contosoWith({ status: 404 });
  await assert.rejects(contoso.billing.rates.get('XXX'), NotFoundError);
});

await test('the service is told which version of the SDK calls', async () => {
  const { contoso, requests } = contosoWith(rate);
  await contoso.billing.rates.get('CHF');
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, string>;
  assert.ok(requests[0]?.headers['user-agent']?.startsWith(`${name ?? ''}/${version ?? ''} `));
});
