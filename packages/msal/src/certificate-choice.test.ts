import { X509Certificate } from 'node:crypto';
import { Certificate } from './certificate.js';
import { readPem } from './certificate-pem.js';
import { madeCertificate } from './made-certificates.js';

const thumbprintOf = (pem: string) => new X509Certificate(pem).fingerprint256.replaceAll(':', '');
const certificateOf = (...pems: string[]) =>
  new Certificate(readPem(pems.join(''), undefined, 'the certificate'), 'the certificate');
const sent = (certificate: Certificate) =>
  certificate
    .chain()
    .split(/(?=-----BEGIN)/)
    .map(thumbprintOf);

describe('a file in which several certificates could be meant', () => {
  it('gives the renewed one, where the one that it replaces has the same key and stands before it', () => {
    const root = madeCertificate({ subject: 'root' });
    const old = madeCertificate({ subject: 'orders', days: -1, issuer: root });
    const renewed = madeCertificate({ subject: 'orders', days: 300, issuer: root, key: old.key });
    for (const order of [
      [old, renewed],
      [renewed, old],
    ]) {
      const certificate = certificateOf(old.keyPem, ...order.map((one) => one.certificatePem));
      expect(certificate.thumbprint).toBe(thumbprintOf(renewed.certificatePem));
    }
  });

  it('sends a certificate that has signed itself alone, also with the one that it replaces beside it', () => {
    const old = madeCertificate({ subject: 'orders', days: -1 });
    const renewed = madeCertificate({ subject: 'orders', days: 300, key: old.key });
    const certificate = certificateOf(old.keyPem, renewed.certificatePem, old.certificatePem);
    expect(sent(certificate)).toEqual([thumbprintOf(renewed.certificatePem)]);
  });

  it('sends the issuer that has signed it, and not one of the same name', () => {
    const former = madeCertificate({ subject: 'authority' });
    const issuer = madeCertificate({ subject: 'authority' });
    const leaf = madeCertificate({ subject: 'orders', issuer });
    const pems = [leaf, former, issuer].map(({ certificatePem }) => certificatePem);
    expect(sent(certificateOf(leaf.keyPem, ...pems))).toEqual(
      [leaf, issuer].map(({ certificatePem }) => thumbprintOf(certificatePem)),
    );
  });
});
