/** Formats rows as aligned columns; null is a dash. */
export function table (head: string[], rows: ReadonlyArray<ReadonlyArray<string | number | null>>): string {
  const lines = [head, ...rows.map(row => row.map(value => value === null ? '–' : String(value)))]
  const widths = head.map((_, column) => Math.max(...lines.map(line => line[column]!.length)))
  return lines.map(line => line.map((value, column) => value.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n')
}
