import { mediaTypes, type Format } from '../../../lib/batch/batch.ts'
import { fileTypeNames } from '../../../lib/batch/content/file-type-names.ts'
import { adviceForType } from '../../../lib/batch/content/guess-file-type.ts'
import { sniff, type FileType } from '../../../lib/batch/content/sniff.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { namedTypes } from './media.ts'

/** Bytes of a file from which its type is told. */
export const typeBytes = 4_096

/** Types of the content of each format. The first bytes of a workbook may not tell it from another zip. */
const typesOf: Readonly<Record<Format, readonly FileType[]>> = {
  csv: ['text', 'utf-16'], ndjson: ['text'], json: ['text'], xlsx: ['xlsx', 'zip'], parquet: ['parquet'], zip: ['zip'],
}

/**
 * Returns the format of a file from its first bytes. A declared format is believed: a file of another type is refused as what it is. Throws
 * `malformed-body`, and `unsupported-media-type` if nothing is declared and the file is of no accepted type.
 */
export function checkType (declared: Format | null, beginning: Buffer): Format {
  const type = sniff(beginning)
  if (declared !== null) {
    if (typesOf[declared].includes(type) || isText(declared, type)) return declared
    throw new Problem('malformed-body', `The body is ${fileTypeNames[type]}, and Content-Type is ${mediaTypes[declared]}${adviceForType(type)}`)
  }
  if (type === 'xlsx' || type === 'parquet' || type === 'zip') return type
  if (type === 'text' || type === 'utf-16') return textFormat(beginning)
  throw new Problem('unsupported-media-type', `The body is ${fileTypeNames[type]}. A batch is ${namedTypes.join(', ')}${adviceForType(type)}`, {
    headers: { 'accept-post': namedTypes.join(', ') },
  })
}

/** The parsers of text name what is wrong with a text. */
const isText = (declared: Format, type: FileType): boolean => (declared === 'json' || declared === 'ndjson') && (type === 'html' || type === 'xml' || type === 'binary')

/** JSON begins with a bracket. No header of CSV does. */
function textFormat (beginning: Buffer): Format {
  const first = beginning.toString('latin1').replace(/^\xef\xbb\xbf/, '').trimStart()[0]
  return first === '[' ? 'json' : first === '{' ? 'ndjson' : 'csv'
}
