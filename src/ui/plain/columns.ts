/**
 * Lines of a table for logs and pipes: columns as wide as their content, two spaces between them, nothing cut
 * (spec/07 §1.4). Cells must be sanitised.
 */
export function columnLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, width(cell));
  return rows.map((row) =>
    row
      .map((cell, index) =>
        index === row.length - 1 ? cell : cell + " ".repeat((widths[index] ?? 0) - width(cell)),
      )
      .join("  ")
      .trimEnd(),
  );
}

/** Code points are near enough here: cells hold ids, addresses and words. */
function width(text: string): number {
  return [...text].length;
}
