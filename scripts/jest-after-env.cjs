// nock patches Node's http for the whole worker: a file that used it must not leave that to the next one.
// Files that never load nock must not load it here either: merely importing it ends connection reuse on loopback.
afterAll(() => {
  const loaded = Object.keys(require.cache ?? {}).some((path) =>
    /[\\/]node_modules[\\/]nock[\\/]/.test(path),
  );
  if (loaded) require('nock').restore();
});
