import type { DecodedBytes } from '../limits.ts'
import { FileRefused } from '../../file-refused.ts'
import type { FlatColumn } from '../schema.ts'
import { DeltaByteArrays, DeltaLengthByteArrays } from './byte-arrays.ts'
import { SplitValues } from './byte-stream-split.ts'
import { DeltaValues } from './delta.ts'
import { plainValues } from './plain.ts'
import type { Values } from './values.ts'

const names = [
  'PLAIN', 'GROUP_VAR_INT', 'PLAIN_DICTIONARY', 'RLE', 'BIT_PACKED', 'DELTA_BINARY_PACKED', 'DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY', 'RLE_DICTIONARY',
  'BYTE_STREAM_SPLIT', 'ALP',
]

/** Returns true for an encoding whose values are indexes of a dictionary. */
export const isDictionary = (encoding: number): boolean => names[encoding]?.endsWith('_DICTIONARY') ?? false

/** Creates the reader of the values of a page. Throws FileRefused if the encoding is not read for the type. */
export function openValues (encoding: number, bytes: Uint8Array, { type, length }: FlatColumn, decoded: DecodedBytes): Values {
  const name = names[encoding]
  const isInteger = type === 'INT32' || type === 'INT64'
  const isBytes = type === 'BYTE_ARRAY' || type === 'FIXED_LEN_BYTE_ARRAY'
  if (bytes.length === 0) return plainValues(bytes, type, length) // every value is null
  if (name === 'PLAIN') return plainValues(bytes, type, length)
  if (name === 'DELTA_BINARY_PACKED' && isInteger) return new DeltaValues(bytes, 0, type === 'INT64')
  if (name === 'DELTA_LENGTH_BYTE_ARRAY' && type === 'BYTE_ARRAY') return new DeltaLengthByteArrays(bytes)
  if (name === 'DELTA_BYTE_ARRAY' && isBytes) return new DeltaByteArrays(bytes, decoded)
  if (name === 'BYTE_STREAM_SPLIT' && type !== 'BYTE_ARRAY') return new SplitValues(bytes, type, length)
  throw new FileRefused('parquet_feature', `the encoding ${name ?? encoding} of ${type}`)
}

/** Throws FileRefused for definition levels in another encoding than RLE, which no writer uses any more. */
export function checkLevelEncoding (encoding: number): void {
  if (names[encoding] !== 'RLE') throw new FileRefused('parquet_feature', `the encoding ${names[encoding] ?? encoding} of definition levels`)
}
