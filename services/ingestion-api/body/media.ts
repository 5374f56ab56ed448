import { mediaTypes, type Encoding, type Format } from '../../../lib/batch/batch.ts'

/** Format of each media type of a batch. */
export const formats: Readonly<Record<string, Format>> =
  Object.fromEntries(Object.entries(mediaTypes).map(([format, type]) => [type, format as Format]))

/** Returns the format of a Content-Type, without regard to its parameters; undefined for an unsupported type. */
export function parseFormat (contentType = ''): Format | undefined {
  return formats[contentType.split(';')[0]!.trim().toLowerCase()]
}

/** Returns the encoding of a Content-Encoding, identity if absent; undefined for an unsupported encoding. */
export function parseEncoding (contentEncoding = 'identity'): Encoding | undefined {
  const encoding = contentEncoding.trim().toLowerCase()
  if (encoding === 'x-gzip') return 'gzip' // RFC 9110, 8.4.1.3
  return encoding === 'identity' || encoding === 'gzip' ? encoding : undefined
}
