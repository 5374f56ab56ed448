import type { Encoding, Format } from '../../../lib/batch/batch.ts'

/** Media types of a batch. */
export const formats: Readonly<Record<string, Format>> = { 'text/csv': 'csv', 'application/x-ndjson': 'ndjson', 'application/json': 'json' }

/** The format of a Content-Type, whatever parameters it has; undefined for one that is not read here. */
export function parseFormat (contentType = ''): Format | undefined {
  return formats[contentType.split(';')[0]!.trim().toLowerCase()]
}

/** The encoding of a Content-Encoding, none being identity; undefined for one that is not read here. */
export function parseEncoding (contentEncoding = 'identity'): Encoding | undefined {
  const encoding = contentEncoding.trim().toLowerCase()
  if (encoding === 'x-gzip') return 'gzip' // RFC 9110, 8.4.1.3
  return encoding === 'identity' || encoding === 'gzip' ? encoding : undefined
}
