import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import type forge from 'node-forge';
import type { asn1, pkcs12 } from 'node-forge';
import type { CertificateParts } from './certificate.js';
import { UnusableProof } from './unusable-proof.js';

type Forge = typeof forge;

/**
 * The private keys and certificates of a PFX file (PKCS#12, RFC 7292). By node-forge: Node reads such a file for a TLS
 * socket only, and does not hand out the key.
 *
 * @throws {UnusableProof} naming the certificate as `name` does.
 */
export async function readPfx(
  bytes: Uint8Array,
  passphrase: string | undefined,
  name: string,
): Promise<CertificateParts> {
  // 40 ms to load, for the few who have a PFX file.
  const { default: loaded } = await import('node-forge');
  const bags = bagsOf(loaded, bytes, passphrase, name);
  try {
    const { certBag, keyBag, pkcs8ShroudedKeyBag } = loaded.pki.oids;
    return {
      keys: bags
        .filter(({ type }) => type === keyBag || type === pkcs8ShroudedKeyBag)
        .map((bag) => keyOf(loaded, bag)),
      certificates: bags.filter(({ type }) => type === certBag).map((bag) => certificateOf(loaded, bag)),
    };
  } catch {
    throw new UnusableProof(`${name} holds a key or certificate that cannot be read`);
  }
}

function bagsOf(
  forge: Forge,
  bytes: Uint8Array,
  passphrase: string | undefined,
  name: string,
): readonly pkcs12.Bag[] {
  let pfx: asn1.Asn1;
  try {
    pfx = forge.asn1.fromDer(Buffer.from(bytes).toString('binary'));
  } catch {
    throw new UnusableProof(`${name} is neither PEM nor PFX`);
  }
  try {
    return open(forge, pfx, passphrase).safeContents.flatMap(({ safeBags }) => safeBags);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (!/Invalid password|wrong password|Failed to decrypt/.test(message))
      throw new UnusableProof(`${name} is no PFX that can be read`);
    const why = passphrase === undefined ? 'no passphrase is given' : 'the passphrase is wrong';
    throw new UnusableProof(`${name} is an encrypted PFX, and ${why}`);
  }
}

function open(forge: Forge, pfx: asn1.Asn1, passphrase: string | undefined): pkcs12.Pkcs12Pfx {
  const { pkcs12FromAsn1 } = forge.pkcs12;
  if (passphrase === undefined || passphrase === '') return openWithout(forge, pfx);
  try {
    return pkcs12FromAsn1(pfx, false, passphrase);
  } catch (error) {
    const isUnicode = /[^\0-\x7f]/.test(passphrase);
    if (!(error instanceof Error) || !isUnicode || error.message.includes('MAC')) throw error;
    // The passphrase is right: the MAC was. But where that has it in UTF-16, AES (PBES2) has it in UTF-8, and forge has
    // one for both. So once more, past the MAC.
    (pfx.value as asn1.Asn1[]).length = 2;
    return pkcs12FromAsn1(pfx, false, Buffer.from(passphrase).toString('binary'));
  }
}

/** No passphrase is an empty one to some who write such files, and none to others. */
function openWithout(forge: Forge, pfx: asn1.Asn1): pkcs12.Pkcs12Pfx {
  try {
    return forge.pkcs12.pkcs12FromAsn1(pfx, false, '');
  } catch {
    return forge.pkcs12.pkcs12FromAsn1(pfx, false);
  }
}

function keyOf(forge: Forge, { key, asn1 }: pkcs12.Bag): KeyObject {
  // What forge does not know, an EC key say, it leaves as it was.
  const info = key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key)) : asn1;
  return createPrivateKey({ key: derOf(forge, info), format: 'der', type: 'pkcs8' });
}

function certificateOf(forge: Forge, { cert, asn1 }: pkcs12.Bag): X509Certificate {
  return new X509Certificate(derOf(forge, cert ? forge.pki.certificateToAsn1(cert) : asn1));
}

function derOf(forge: Forge, value: asn1.Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(value).getBytes(), 'binary');
}
