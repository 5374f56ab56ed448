import { Merges } from './merges.ts'
import type { PackageParts } from './package-parts.ts'
import { XmlScanner } from './xml/xml-scanner.ts'

/** End of the tag after the last row, `</sheetData>` with any prefix. A text has `<` only escaped, so a text cannot have the tag. */
const ROWS_END = 'sheetData>'
/** Bytes before {@link ROWS_END} in which its tag begins. */
const PREFIX_BYTES = 64

/**
 * Reads the merged cells of a sheet. They stand after its rows, but the rows need them. So the sheet is unpacked once more, and its rows are not
 * scanned. Throws FileRefused.
 */
export async function readMerges (parts: PackageParts, part: string, maxColumns: number): Promise<Merges> {
  const merges = new Merges(maxColumns)
  const scanner = new XmlScanner(['mergeCell'], {
    open (element, depth, attributes) {
      if (element === 0 && depth === 3) merges.add(attributes.toMap().get('ref') ?? '')
    },
    close () {},
    text () {},
  })
  scanner.write(Buffer.from('<worksheet>')) // in place of the root, which the end of the part closes
  let rows: Buffer | null = Buffer.alloc(0)
  for await (const chunk of parts.read(part)) {
    if (rows === null) {
      scanner.write(chunk)
      continue
    }
    const bytes: Buffer = Buffer.concat([rows, chunk])
    const end = rowsEnd(bytes)
    if (end >= 0) scanner.write(bytes.subarray(end))
    rows = end < 0 ? bytes.subarray(-PREFIX_BYTES - ROWS_END.length) : null
  }
  merges.sort()
  return merges
}

/** Returns the index after the end of the rows; -1 if it is not there. */
function rowsEnd (bytes: Buffer): number {
  for (let at = bytes.indexOf(ROWS_END); at >= 0; at = bytes.indexOf(ROWS_END, at + 1)) {
    const before = bytes.toString('latin1', Math.max(0, at - PREFIX_BYTES), at)
    if (/<\/([\w.-]+:)?$/.test(before)) return at + ROWS_END.length
  }
  return -1
}
