// One of several processes that share a file store, as told by its parent. Started by file-store-processes.test.ts.
import { clientCredential, encryptedStore, fileStore } from '@holdfast/msal';
import { cachedCredential } from '@holdfast/token';

const { path, name, writes, app, key } = JSON.parse(process.argv[2] ?? '');

// It must not outlive who started it, however that ended.
process.on('disconnect', () => process.exit());
process.once('message', async () => {
  const store = fileStore({ path });
  for (let number = 0; number < writes; number += 1) {
    await store.set(`${name}-${number}`, `value ${number}`, 3_600_000);
    process.send({ name, number });
  }
  if (app !== undefined) {
    const encrypted = encryptedStore(store, { keys: [{ id: 'k1', key }], timeoutMs: 30_000 });
    const credential = cachedCredential(clientCredential({ ...app, store: encrypted }));
    const { token } = await credential.getToken('api://orders/.default');
    process.send({ name, token });
  }
  process.disconnect();
});
process.send({ name, ready: true });
