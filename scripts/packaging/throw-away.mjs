// After the tests of this folder.
import { rmSync } from 'node:fs';

export default function throwAway() {
  const folder = process.env['HOLDFAST_PACKED'];
  if (folder !== undefined) rmSync(folder, { recursive: true });
}
