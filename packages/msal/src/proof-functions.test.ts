import { startIdentityProvider } from '@holdfast/testing';
import { clientCredential, type ProofRequest } from './index.js';
import { madeCertificate } from './made-certificates.js';

const SCOPE = 'api://orders/.default';

describe('a function with a proof', () => {
  it('is told the tenant that a call asks for, and not that of the credential', async () => {
    const asked: (string | undefined)[] = [];
    const clientSecret = ({ tenantId }: ProofRequest) => {
      asked.push(tenantId);
      return Promise.reject(new Error('none'));
    };
    const one = clientCredential({ tenantId: 'contoso.example', clientId: 'orders', clientSecret });
    await expect(one.getToken(SCOPE, { tenantId: 'fabrikam.example' })).rejects.toThrow();
    await expect(one.getToken(SCOPE)).rejects.toThrow();
    expect(asked).toEqual(['fabrikam.example', 'contoso.example']);
  });

  it('that has the issuer of a refused certificate by now has another proof: it is sent', async () => {
    await using idp = await startIdentityProvider();
    const { tenantId, clientId, authority, authorityMetadata } = idp.app;
    const issuer = madeCertificate({ subject: 'issuer' });
    const leaf = madeCertificate({ subject: 'leaf', issuer });
    const alone = leaf.keyPem + leaf.certificatePem;
    const clientCertificate = ({ reason }: ProofRequest) => ({
      content: reason === 'acquisition' ? alone : alone + issuer.certificatePem,
    });
    const application = { tenantId, clientId, authority, authorityMetadata };
    await expect(
      clientCredential({ ...application, clientCertificate }).getToken(SCOPE),
    ).rejects.toMatchObject({ transient: false });
    expect(idp.tokenRequests).toHaveLength(2);
  });
});
