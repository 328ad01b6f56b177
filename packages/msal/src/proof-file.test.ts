import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientCredential, workloadIdentity } from './index.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const application = { tenantId: 'contoso.example', clientId: 'orders' };
const credentials = (path: string) => [
  clientCredential({ ...application, clientCertificate: { path } }),
  workloadIdentity({ ...application, tokenFile: path, env: {} }),
];

describe('a path that leads to', () => {
  it('a pipe is refused by name: nobody may ever write to it, and then the process could not end', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    for (const one of credentials(path))
      await expect(one.getToken('s')).rejects.toMatchObject({
        message: expect.stringContaining(`${path} is no file`) as unknown,
        transient: false,
      });
  });

  it('a device is refused by name: it may have no end', async () => {
    for (const one of credentials('/dev/zero')) await expect(one.getToken('s')).rejects.toThrow('is no file');
  });

  it('a file of a gigabyte is refused by name, and not read', async () => {
    const path = join(folder, 'wrong');
    writeFileSync(path, '');
    truncateSync(path, 1_000_000_000);
    for (const one of credentials(path)) await expect(one.getToken('s')).rejects.toThrow('is larger than');
  });
});
