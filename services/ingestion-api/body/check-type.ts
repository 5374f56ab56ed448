import { mediaTypes, type Format } from '../../../lib/batch/batch.ts'
import { fileTypeNames } from '../../../lib/batch/content/file-type-names.ts'
import { adviceForType } from '../../../lib/batch/content/guess-file-type.ts'
import { textFormat } from '../../../lib/batch/content/text-format.ts'
import { sniff, type FileType } from '../../../lib/batch/content/sniff.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { acceptPost, namedTypes } from './media.ts'
import { describeUnreadType } from './unread-types.ts'

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
    throw new Problem('malformed-body', `The file is ${fileTypeNames[type]}, and Content-Type is ${mediaTypes[declared]}${adviceFor(declared, type, beginning)}`)
  }
  if (type === 'xlsx' || type === 'parquet' || type === 'zip') return type
  if (type === 'text' || type === 'utf-16') return textFormat(beginning)
  throw new Problem('unsupported-media-type', `The file is ${fileTypeNames[type]}${adviceForType(type)}. A batch is ${namedTypes.join(', ')}`, {
    headers: { 'accept-post': acceptPost.join(', ') },
  })
}

/** Types that the first bytes may only resemble: an old text document and an old workbook, for example, begin with the same bytes. */
const vague: readonly FileType[] = ['binary', 'ole', 'zip', 'xlsx', 'xml']

/** Says for a person what a body of another type is: by its beginning, or else by its type. Returns an empty text if neither shows it. */
export function describeBody (contentType: string | undefined, beginning: Buffer | undefined): string {
  const declared = describeUnreadType(contentType)
  if (declared !== undefined && (beginning === undefined || vague.includes(sniff(beginning)))) return `The body is declared as ${declared}. `
  return beginning ? `The body looks like ${describeBeginning(beginning)}. ` : ''
}

function describeBeginning (beginning: Buffer): string {
  const type = sniff(beginning)
  if (type === 'binary') return 'a file of an unknown kind'
  if (type !== 'text' && type !== 'utf-16') return `${fileTypeNames[type]}${adviceForType(type)}`
  const format = textFormat(beginning)
  return `${textNames[format]}: declare it with Content-Type: ${mediaTypes[format]}`
}

const textNames = { csv: 'a text, such as CSV', json: 'JSON', ndjson: 'NDJSON' }

/** The parsers of text name what is wrong with a text that is no table. */
const isText = (declared: Format, type: FileType): boolean =>
  type === 'binary' ? isOfText(declared) : (declared === 'json' || declared === 'ndjson') && (type === 'html' || type === 'xml')
const isOfText = (format: Format): boolean => format === 'csv' || format === 'json' || format === 'ndjson'

/** A text that is declared as a workbook needs another declaration, and UTF-16 that is declared as JSON another encoding. */
const adviceFor = (declared: Format, type: FileType, beginning: Buffer): string => (type === 'text' || type === 'utf-16') && !isOfText(declared)
  ? `: declare it with Content-Type: ${mediaTypes[textFormat(beginning)]}`
  : adviceForType(type)
