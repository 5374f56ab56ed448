import { fileTypeNames } from '../../../lib/batch/content/file-type-names.ts'
import { adviceForType } from '../../../lib/batch/content/guess-file-type.ts'
import type { FileType } from '../../../lib/batch/content/sniff.ts'

const office = 'application/vnd.openxmlformats-officedocument'
const openDocument = 'application/vnd.oasis.opendocument'

/** Media types of files that are no batch. */
const unread: Readonly<Record<string, FileType>> = {
  'application/pdf': 'pdf', 'text/html': 'html', 'application/xhtml+xml': 'html', 'text/xml': 'xml', 'application/xml': 'xml',
  'image/png': 'png', 'image/jpeg': 'jpeg',
  'application/msword': 'document', 'application/vnd.ms-powerpoint': 'document',
  [`${office}.wordprocessingml.document`]: 'document', [`${office}.presentationml.presentation`]: 'document',
  [`${openDocument}.text`]: 'document', [`${openDocument}.presentation`]: 'document', [`${openDocument}.spreadsheet`]: 'ods',
  'application/vnd.ms-excel.sheet.macroenabled.12': 'xlsm', 'application/vnd.ms-excel.sheet.binary.macroenabled.12': 'xlsb',
  'application/vnd.apple.numbers': 'numbers', 'application/x-iwork-numbers-sffnumbers': 'numbers',
  'application/gzip': 'gzip', 'application/x-gzip': 'gzip',
  'application/vnd.apache.arrow.file': 'arrow', 'application/vnd.apache.arrow.stream': 'arrow', 'application/vnd.apache.orc': 'orc', 'application/avro': 'avro',
}

/** Returns what a Content-Type declares a file to be, with what to do, if files of this type are known and not read. */
export function describeUnreadType (contentType = ''): string | undefined {
  const type = contentType.split(';')[0]!.trim().toLowerCase()
  if (Object.hasOwn(unread, type)) return `${fileTypeNames[unread[type]!]}${adviceForType(unread[type]!)}`
  return type.startsWith('image/') ? `a picture${adviceForType('png')}` : undefined
}
