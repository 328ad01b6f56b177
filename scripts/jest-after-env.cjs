// Beside the compilers that check the tarballs, and on a machine that does something else too, a test may get little of the
// processor: a limit is there to end what hangs. (In a project's configuration jest 30 overlooks `testTimeout`.)
jest.setTimeout(120_000);

// nock patches Node's http for the whole worker: a file that used it must not leave that to the next one.
// Files that never load nock must not load it here either: merely importing it ends connection reuse on loopback.
afterAll(() => {
  const loaded = Object.keys(require.cache ?? {}).some((path) =>
    /[\\/]node_modules[\\/]nock[\\/]/.test(path),
  );
  if (loaded) require('nock').restore();
});
