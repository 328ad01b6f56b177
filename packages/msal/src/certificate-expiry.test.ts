import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { subscribe, type WarningEvent } from '@holdfast/core';
import {
  manualClock,
  startIdentityProvider,
  type IdentityProvider,
  type ManualClock,
} from '@holdfast/testing';
import { clientCredential, type CertificateSource } from './index.js';
import { madeCertificate, type MadeCertificate, type MadeOptions } from './made-certificates.js';

const SCOPE = 'api://orders/.default';
const DAY_MS = 24 * 60 * 60_000;
const { key } = madeCertificate();

let clock: ManualClock;
let idp: IdentityProvider;
let folder: string;
let warnings: WarningEvent[];
let stop: () => void;

beforeEach(async () => {
  clock = manualClock({ fakeGlobals: false, now: Date.now() });
  idp = await startIdentityProvider();
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  warnings = [];
  stop = subscribe('holdfast:warning', (event) => {
    warnings.push(event);
  });
});

afterEach(async () => {
  stop();
  await idp.close();
  rmSync(folder, { recursive: true });
});

function credential(clientCertificate: CertificateSource) {
  const { tenantId, clientId, authority, authorityMetadata } = idp.app;
  const app = { tenantId, clientId, authority, authorityMetadata };
  return clientCredential({ ...app, clientCertificate, clock, timeoutMs: false });
}

function trusted(options: MadeOptions): MadeCertificate {
  const made = madeCertificate({ key, now: clock.now(), ...options });
  idp.trust(made.certificatePem);
  return made;
}

const pemOf = ({ keyPem, certificatePem }: MadeCertificate): string => keyPem + certificatePem;

describe('a certificate that is about to expire', () => {
  it('is warned of 30 days before, once, and not sooner; no timer runs', async () => {
    const made = trusted({ subject: 'orders', days: 31 });
    const one = credential({ content: pemOf(made) });
    await one.getToken(SCOPE);
    expect(warnings).toEqual([]);
    expect(clock.pending).toBe(0);
    await clock.advance(DAY_MS + 60_000);
    await one.getToken(SCOPE);
    await one.getToken(SCOPE, { enableCae: true });
    const date = new Date(clock.now() + 30 * DAY_MS - 60_000).toISOString().slice(0, 10);
    expect(warnings).toEqual([
      {
        code: 'CERTIFICATE_EXPIRES',
        service: 'identity provider',
        message: expect.stringMatching(
          new RegExp(`^The certificate \\(CN=orders, SHA-256 [0-9A-F]{64}\\) expires on ${date}: renew it$`),
        ) as unknown,
      },
    ]);
  });

  it('and is renewed is warned of again when the new one is, by the name of its file', async () => {
    const path = join(folder, 'app.pem');
    const one = credential({ path });
    for (const days of [10, 365, 20]) {
      writeFileSync(path, pemOf(trusted({ days })));
      await one.getToken(SCOPE);
      await one.getToken(SCOPE);
    }
    expect(warnings.map(({ message }) => message.startsWith(`The certificate ${path} (`))).toEqual([
      true,
      true,
    ]);
  });
});

describe('a certificate that has expired', () => {
  it('is sent all the same: the clock of this machine may be wrong, and the provider knows', async () => {
    const one = credential({ content: pemOf(trusted({ days: -1 })) });
    await expect(one.getToken(SCOPE)).resolves.toBeDefined();
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('has expired on')]);
  });

  it('is named when the provider refuses it, and not when that has another trouble', async () => {
    const made = trusted({ days: -1 });
    const one = credential(() => ({ content: pemOf(made) }));
    idp.failNext({ error: 'invalid_grant' });
    await expect(one.getToken(SCOPE)).rejects.toMatchObject({
      message: `No token for ${SCOPE}: the identity provider says invalid_grant`,
    });
    idp.distrust(made.certificatePem);
    const date = new Date(clock.now() - DAY_MS).toISOString().slice(0, 10);
    await expect(one.getToken(SCOPE)).rejects.toMatchObject({
      transient: false,
      correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
      message:
        `No token for ${SCOPE}: the identity provider says invalid_client; ` +
        `the certificate has expired on ${date}, by the clock of this machine`,
    });
  });
});
