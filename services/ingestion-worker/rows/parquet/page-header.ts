import { corrupt } from './refused.ts'
import { ThriftReader } from './thrift.ts'

export type PageHeader = {
  kind: 'data' | 'dictionary' | 'index'
  /** Length of the header itself. */
  headerBytes: number
  /** Length of the decoded page, levels included. */
  decodedBytes: number
  /** Length of the page in the file. */
  storedBytes: number
  /** CRC-32 of the stored page, if the writer computes one. */
  crc: number | null
  /** Number of values, nulls included. */
  values: number
  encoding: number
  /** Length of the definition levels of a page of version 2, which are not compressed. Null in version 1, which writes the length before them. */
  levelBytes: number | null
  /** Encoding of the definition levels of version 1. */
  levelEncoding: number
  isCompressed: boolean
}

const kinds = ['data', 'index', 'dictionary', 'data'] as const

/** Reads the header at the beginning of `bytes`. */
export function readPageHeader (bytes: Uint8Array): PageHeader {
  const thrift = new ThriftReader(bytes)
  const header: PageHeader = {
    kind: 'index', headerBytes: 0, decodedBytes: -1, storedBytes: -1, crc: null, values: -1, encoding: -1, levelBytes: null, levelEncoding: RLE, isCompressed: true,
  }
  let type = -1
  let details = -1
  thrift.readStruct(id => {
    if (id === 1) type = thrift.readInt()
    else if (id === 2) header.decodedBytes = thrift.readInt()
    else if (id === 3) header.storedBytes = thrift.readInt()
    else if (id === 4) header.crc = thrift.readInt() >>> 0
    else if (id === 5) readVersion1(thrift, header)
    else if (id === 7) readDictionary(thrift, header)
    else if (id === 8) readVersion2(thrift, header)
    if (id === 5 || id === 7 || id === 8) details = id
  })
  const kind = kinds[type]
  if (!kind || header.decodedBytes < 0 || header.storedBytes < 0) throw corrupt('a page has no valid header')
  if (kind !== 'index' && (details !== [5, -1, 7, 8][type] || header.values < 0)) throw corrupt('a page has no valid header')
  header.kind = kind
  header.headerBytes = thrift.at
  return header
}

/** Encoding RLE of levels. */
export const RLE = 3

function readVersion1 (thrift: ThriftReader, header: PageHeader): void {
  thrift.readStruct(id => {
    if (id === 1) header.values = thrift.readInt()
    else if (id === 2) header.encoding = thrift.readInt()
    else if (id === 3) header.levelEncoding = thrift.readInt()
  })
}

function readDictionary (thrift: ThriftReader, header: PageHeader): void {
  thrift.readStruct(id => {
    if (id === 1) header.values = thrift.readInt()
    else if (id === 2) header.encoding = thrift.readInt()
  })
}

function readVersion2 (thrift: ThriftReader, header: PageHeader): void {
  let repetitionBytes = 0
  header.levelBytes = 0
  thrift.readStruct(id => {
    if (id === 1) header.values = thrift.readInt()
    else if (id === 4) header.encoding = thrift.readInt()
    else if (id === 5) header.levelBytes = thrift.readInt()
    else if (id === 6) repetitionBytes = thrift.readInt()
    else if (id === 7) header.isCompressed = thrift.readBoolean()
  })
  if (repetitionBytes !== 0 || header.levelBytes < 0) throw corrupt('a page of single values has repetition levels')
}
