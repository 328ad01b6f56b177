// The last line of a run, for whoever reads it by machine.
module.exports = class ClosingLine {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
    // A file that does not even load has no tests to fail: count it as one.
    const line = `${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed\n`;
    // jest's own summary comes from a reporter behind all others.
    process.once('exit', () => process.stderr.write(line));
  }
};
