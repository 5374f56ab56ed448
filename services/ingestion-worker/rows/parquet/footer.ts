import type { ReadAhead } from './read-ahead.ts'
import { byteSize } from '../byte-size.ts'
import { FileRefused } from '../file-refused.ts'
import { corrupt } from './refused.ts'
import { readSchema, type Schema } from './schema.ts'
import { ThriftReader } from './thrift.ts'
import type { ParquetLimits } from './limits.ts'

export type Footer = Schema & {
  rows: number
  /** The program that wrote the file, or null. */
  createdBy: string | null
  bytes: Uint8Array
  /** Offset in `bytes` of the list of row groups. */
  rowGroupsAt: number
  /** Offset in the file of the footer: column chunks are before it. */
  start: number
}

const MAGIC = 'PAR1'
const ENCRYPTED_MAGIC = 'PARE'
// Length of the footer and the magic, at the end of a file.
const TAIL_BYTES = 8
const FIRST_READ_BYTES = 512 * 1024

/** Reads the footer of a file. Throws FileRefused, also for a file with more rows than the limit. */
export async function readFooter (file: ReadAhead, limits: ParquetLimits): Promise<Footer> {
  const { byteLength } = file
  if (byteLength > limits.maxBytes) throw new FileRefused('file_too_large', byteSize(limits.maxBytes))
  if (byteLength < MAGIC.length + TAIL_BYTES) throw corrupt('it is too short')
  const tail = (await file.read(Math.max(0, byteLength - FIRST_READ_BYTES), byteLength)).slice(-TAIL_BYTES)
  const magic = Buffer.from(tail.subarray(4)).toString('latin1')
  if (magic === ENCRYPTED_MAGIC) throw new FileRefused('parquet_encrypted')
  if (magic !== MAGIC) throw corrupt('its end is missing')
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true)
  const start = byteLength - TAIL_BYTES - length
  if (start < MAGIC.length) throw corrupt('its footer is longer than the file')
  if (length > limits.maxFooterBytes) throw new FileRefused('footer_too_large', byteSize(limits.maxFooterBytes))
  return parseFooter(await file.read(start, start + length), start, limits)
}

function parseFooter (bytes: Uint8Array, start: number, { maxColumns, maxRows }: ParquetLimits): Footer {
  const thrift = new ThriftReader(bytes)
  let schema: Schema | null = null
  let rows = -1
  let rowGroupsAt = -1
  let createdBy: string | null = null
  thrift.readStruct(id => {
    if (id === 2) schema = readSchema(thrift, maxColumns)
    else if (id === 3) rows = thrift.readInt()
    else if (id === 4) rowGroupsAt = thrift.at // the reading skips them now, and comes back later
    else if (id === 6) createdBy = Buffer.from(thrift.readBinary()).toString()
    else if (id === 8) throw new FileRefused('parquet_encrypted') // columns are encrypted, the footer is not
  })
  if (!schema || rows < 0 || rowGroupsAt < 0) throw corrupt('its footer is not complete')
  if (rows > maxRows) throw new FileRefused('too_many_rows', String(maxRows))
  return { ...schema as Schema, rows, createdBy, bytes, rowGroupsAt, start }
}
