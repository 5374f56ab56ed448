import { promisify } from 'node:util'
import { brotliDecompress, unzip, zstdDecompress } from 'node:zlib'
import { FileRefused } from '../../file-refused.ts'
import { corrupt } from '../refused.ts'
import { decodeHadoopLz4, decodeLz4 } from './lz4.ts'
import { decodeSnappy } from './snappy.ts'

type Decoder = (stored: Uint8Array, length: number) => Uint8Array | Promise<Uint8Array>
type Inflate = (stored: Uint8Array, options: { maxOutputLength: number, chunkSize: number }) => Promise<Uint8Array>

/** The decoder of each CompressionCodec of the format. Those of Node run in its thread pool. */
const decoders: Readonly<Record<number, Decoder>> = {
  0: stored => stored,
  1: decodeSnappy,
  2: native(promisify(unzip)),
  4: native(promisify(brotliDecompress)),
  5: decodeHadoopLz4,
  6: native(promisify(zstdDecompress)),
  7: decodeLz4,
}
const names = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW']

/** Decodes a page that decodes to `length` bytes exactly. Throws FileRefused for any other page. Decodes no byte more than `length`. */
export async function decompress (codec: number, stored: Uint8Array, length: number): Promise<Uint8Array> {
  const decode = decoders[codec]
  if (!decode) throw new FileRefused('parquet_feature', `the compression ${names[codec] ?? codec}`)
  const decoded = length === 0 ? new Uint8Array(0) : await decode(stored, length) // some writers store no byte of an empty page
  if (decoded.length !== length) throw corrupt('a page has another length than its header says')
  return decoded
}

function native (inflate: Inflate): Decoder {
  return async (stored, length) => {
    try {
      return await inflate(stored, { maxOutputLength: length, chunkSize: Math.max(64, length + 1) })
    } catch {
      throw corrupt('a page cannot be decompressed')
    }
  }
}
