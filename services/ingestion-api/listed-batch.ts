import { Type, type Static } from 'typebox'
import type { BatchRecord } from '../../lib/batch/records.ts'
import { BatchView, RowError, viewOfRecord } from './view.ts'

/** Maximum bytes of each text in JSON, so that a batch of a list takes at most 2 KiB. */
const maxBytes = { column: 80, value: 80, message: 200, original: 300, reason: 200 }

/** A batch in a list. Its texts are cut. */
export const ListedBatch = Type.Object({
  ...BatchView.properties,
  first_errors: Type.Array(RowError, {
    maxItems: 1, description: 'only the first error, its texts cut to at most 300 bytes; /batches/<id> has one hundred, /batches/<id>/errors has all',
  }),
})

export function listedBatch (record: BatchRecord): Static<typeof ListedBatch> {
  const view = viewOfRecord(record)
  return {
    ...view,
    first_errors: view.first_errors.slice(0, 1).map(({ row, column, value, code, message, original }) => ({
      row,
      column: column && cut(column, maxBytes.column),
      value: value && cut(value, maxBytes.value),
      code,
      message: cut(message, maxBytes.message),
      original: original && cut(original, maxBytes.original),
    })),
    reason: view.reason && cut(view.reason, maxBytes.reason),
  }
}

/** Returns the longest prefix of a text that takes at most `maxBytes` bytes in JSON. */
function cut (text: string, maxBytes: number): string {
  let bytes = 0
  for (let at = 0; at < text.length; at++) {
    bytes += jsonBytes(text.charCodeAt(at))
    if (bytes > maxBytes) return text.slice(0, at).replace(/[\ud800-\udbff]$/, '')
  }
  return text
}

/** Returns the bytes of a UTF-16 code unit in JSON. Each half of a surrogate pair counts two. */
function jsonBytes (unit: number): number {
  if (unit < 0x20) return 6
  if (unit < 0x80) return unit === 0x22 || unit === 0x5c ? 2 : 1
  if (unit < 0x800) return 2
  return unit >= 0xd800 && unit <= 0xdfff ? 2 : 3
}
