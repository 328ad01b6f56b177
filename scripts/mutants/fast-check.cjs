// Takes the place of fast-check where mutants are tested. The same random inputs for each of them and in every run: else a
// mutant lives or dies by chance. And few, with no look for a shorter example: there are thousands of mutants.
const fastCheck = require('../../node_modules/fast-check/lib/cjs/fast-check.js');

const MOST_RUNS = 100;

fastCheck.configureGlobal({ seed: 20_260_101, endOnFailure: true });

function assert(property, { numRuns = MOST_RUNS, ...parameters } = {}) {
  return fastCheck.assert(property, { ...parameters, numRuns: Math.min(numRuns, MOST_RUNS) });
}

module.exports = { __esModule: true, default: { ...fastCheck.default, assert } };
