/** Where all figures stand. */
export const PAGE: URL = new URL(
  '../../../docs/reference/performance.md',
  import.meta.url.replace('/bench/dist/esm/', '/bench/src/'),
);
