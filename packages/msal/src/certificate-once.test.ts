import { startIdentityProvider } from '@holdfast/testing';
import forge from 'node-forge';
import { CertificateReader } from './certificate-source.js';
import { clientCredential } from './index.js';
import { AES_PFX } from './made-pfx.js';

const { signal } = new AbortController();

afterEach(() => {
  jest.restoreAllMocks();
});

describe('a PFX, which takes tens of milliseconds to read', () => {
  it('is read once for a hundred acquisitions that begin together: they do not hold the process up', async () => {
    await using idp = await startIdentityProvider();
    const { tenantId, clientId, authority, authorityMetadata } = idp.app;
    const read = jest.spyOn(forge.pkcs12, 'pkcs12FromAsn1');
    const clientCertificate = { content: AES_PFX, passphrase: 'geheim' };
    const one = clientCredential({ tenantId, clientId, authority, authorityMetadata, clientCertificate });
    const all = Array.from({ length: 100 }, () => one.getToken('api://orders/.default'));
    await Promise.allSettled(all);
    expect(idp.tokenRequests).toHaveLength(100);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('with a fault is read again at the next acquisition', async () => {
    const reader = new CertificateReader();
    const given = { content: AES_PFX, passphrase: 'wrong' };
    const both = [reader.read(given, signal), reader.read(given, signal)];
    for (const one of both) await expect(one).rejects.toThrow('the passphrase is wrong');
    const read = jest.spyOn(forge.pkcs12, 'pkcs12FromAsn1');
    await expect(reader.read(given, signal)).rejects.toThrow('the passphrase is wrong');
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('is not read with a passphrase that is wrong, only because another one was right', async () => {
    const reader = new CertificateReader();
    await reader.read({ content: AES_PFX, passphrase: 'geheim' }, signal);
    const wrong = reader.read({ content: AES_PFX, passphrase: 'wrong' }, signal);
    await expect(wrong).rejects.toThrow('the passphrase is wrong');
  });
});
