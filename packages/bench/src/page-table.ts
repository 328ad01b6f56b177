/** A table in Markdown, the first column to the left and all others to the right. Prettier puts it into columns. */
export function pageTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const sides = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [line(head), line(sides), ...rows.map(line)].join('\n');
}
