import type { Charset } from '../../../lib/batch/content/charset.ts'
import { mediaTypes, type Encoding, type Format } from '../../../lib/batch/batch.ts'

/** Format of each media type of a batch. */
export const formats: Readonly<Record<string, Format>> = {
  ...Object.fromEntries(Object.entries(mediaTypes).map(([format, type]) => [type, format as Format])),
  'application/csv': 'csv', 'text/tab-separated-values': 'csv', 'application/x-parquet': 'parquet', 'application/x-zip-compressed': 'zip',
}

/** Media types that say nothing about a file: Windows without Excel, and curl, send them for any. Its content decides. */
const unspecific = ['', 'application/octet-stream', 'application/vnd.ms-excel']

/** The media types of files that a 415 names. */
export const namedTypes = Object.values(mediaTypes)

/** `Accept-Post` of POST /batches. */
export const acceptPost = [...namedTypes, 'multipart/form-data']

/** Returns the format of a Content-Type: null if the content decides, undefined for an unsupported type. */
export function parseFormat (contentType = ''): Format | null | undefined {
  const type = contentType.split(';')[0]!.trim().toLowerCase()
  return unspecific.includes(type) ? null : Object.hasOwn(formats, type) ? formats[type] : undefined
}

/** Returns the format of a file in a form, like {@link parseFormat}. `text/plain` is the type of a part without one (RFC 7578, 4.4). */
export const parsePartFormat = (contentType = ''): Format | null | undefined => /^\s*text\/plain\s*(;|$)/i.test(contentType) ? null : parseFormat(contentType)

const charsets: Readonly<Record<string, Charset>> = {
  'windows-1252': 'windows-1252', cp1252: 'windows-1252', 'iso-8859-1': 'windows-1252', latin1: 'windows-1252', 'utf-16le': 'utf-16le', 'utf-16be': 'utf-16be',
}

/** Returns the charset that a Content-Type declares, if it changes how the bytes are read. UTF-8 and UTF-16 show themselves. */
export function parseCharset (contentType = ''): Charset | undefined {
  const charset = /;\s*charset\s*=\s*"?([\w-]+)"?/i.exec(contentType)?.[1]?.toLowerCase()
  return charset === undefined ? undefined : charsets[charset]
}

/** Returns the encoding of a Content-Encoding, identity if absent; undefined for an unsupported encoding. */
export function parseEncoding (contentEncoding = 'identity'): Encoding | undefined {
  const encoding = contentEncoding.trim().toLowerCase()
  if (encoding === 'x-gzip') return 'gzip' // RFC 9110, 8.4.1.3
  return encoding === 'identity' || encoding === 'gzip' ? encoding : undefined
}
