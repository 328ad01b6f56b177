// Writes to a file store, and kills itself right before step number `fatal` of that. Started by file-store-killed.test.ts.
import { systemClock } from '@holdfast/core';
import { FileStore } from './file-store.ts';
import { hookedFileSystem } from './made-file-system.ts';

const [path, fatal] = process.argv.slice(2);
let steps = 0;
let last = '';
const files = hookedFileSystem((step) => {
  steps += 1;
  if (steps < Number(fatal)) {
    last = step;
    return;
  }
  process.stdout.write(`${last}, then ${step}\n`);
  process.kill(process.pid, 'SIGKILL');
  // Not one step more, however long the signal takes.
  for (;;);
});
void new FileStore({ path, files, clock: systemClock }).set('new', 'y'.repeat(10_000), 3_600_000);
