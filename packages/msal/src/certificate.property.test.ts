import fc from 'fast-check';
import { CertificateReader } from './certificate-source.js';
import { madeCertificate } from './made-certificates.js';
import { AES_PFX } from './made-pfx.js';
import { UnusableProof } from './unusable-proof.js';

const leaf = madeCertificate({ subject: 'leaf' });
const others = ['one', 'two'].map((subject) => madeCertificate({ subject }).certificatePem);
const blocks = [leaf.keyPem, leaf.certificatePem, ...others];
const { signal } = new AbortController();
const read = (content: string | Uint8Array) =>
  new CertificateReader().read({ content, passphrase: 'geheim' }, signal);

const lineEnd = fc.constantFrom('\n', '\r\n');
// As tools write it between the blocks; a line of five dashes is no such text.
const comment = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll('-----', ''));

it('a PEM text is read whatever the order of its blocks, its line ends, and what stands between them', async () => {
  const order = fc.shuffledSubarray(blocks, { minLength: blocks.length });
  const comments = fc.array(comment, { minLength: blocks.length, maxLength: blocks.length });
  await fc.assert(
    fc.asyncProperty(order, comments, lineEnd, async (ordered, texts, end) => {
      const content = ordered.map((block, at) => `${texts[at] ?? ''}\n${block}`).join('\n');
      const certificate = await read(content.replace(/\r?\n/g, end));
      expect(certificate.subject).toBe('CN=leaf');
      expect(certificate.privateKey()).toBe(leaf.keyPem);
    }),
  );
});

describe('what is no certificate', () => {
  /** Fails in the one way that is told without a secret; or is one after all. */
  async function expectNoOtherFailure(content: string | Uint8Array): Promise<void> {
    const outcome: unknown = await read(content).catch((error: unknown) => error);
    expect(outcome instanceof Error && !(outcome instanceof UnusableProof)).toBe(false);
  }

  it('is refused, whatever it is', async () => {
    const anything = fc.oneof(
      fc.uint8Array({ minLength: 1 }),
      fc.string({ minLength: 1 }),
      fc.base64String(),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (content) => {
        await expectNoOtherFailure(content);
      }),
    );
  });

  it('is refused when it is a part of one', async () => {
    const pem = (leaf.keyPem + leaf.certificatePem).trim();
    const pfx = Buffer.from(AES_PFX, 'base64');
    const part = (whole: string | Buffer) =>
      fc.nat({ max: whole.length - 1 }).map((length) => whole.slice(0, length));
    await fc.assert(
      fc.asyncProperty(fc.oneof(part(pem), part(pfx)), async (content) => {
        await expect(read(content)).rejects.toBeInstanceOf(UnusableProof);
      }),
    );
  });

  it('is refused when some of it is something else', async () => {
    const pem = leaf.keyPem + leaf.certificatePem;
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: pem.length - 1 }),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
        async (at, other) => {
          await expectNoOtherFailure(pem.slice(0, at) + other + pem.slice(at + 1));
        },
      ),
    );
  });
});
