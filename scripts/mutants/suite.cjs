// All tests of a target, in one module registry: what they stand on is loaded once for each mutant, and not by each file.
const { basename } = require('node:path');

const { describe, testsOfTarget } = globalThis;

for (const test of testsOfTarget) {
  describe(basename(test), () => {
    require(`../../${test}`);
  });
}
