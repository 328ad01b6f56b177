/**
 * Thrown by `paginate()` for an answer that is no page it can read, and for pages that lead in a circle: the list would be
 * short, or never end, and nobody would know. What came before is good, and goes on by its `continuationToken`.
 */
export class PaginateError extends Error {
  readonly code = 'ERR_PAGINATE';
  override readonly name = 'PaginateError';
}
