import { Problem } from '../../../lib/http/problem.ts'
import { acceptPost, namedTypes, parseCharset, parseEncoding, parsePartFormat } from '../body/media.ts'
import type { FileHead, OpenFile } from '../body/receive.ts'
import { describeUnreadType } from '../body/unread-types.ts'
import { shownFileName } from './file-name.ts'
import { FormFields, invalidField } from './form-fields.ts'
import { refuseNameOfFile, type NameCheck } from './named-file.ts'
import { parsePartHeader, type PartHeader } from './part-header.ts'
import { splitParts } from './split-parts.ts'

/** Name of the field that has the file. */
const fileField = 'file'

export type FormOptions = {
  boundary: string
  /** Maximum body as it is sent, with all parts. */
  maxBytes: number
  /** Checks the values of the form, before the file and again if values follow it. Throws a Problem. */
  check: (fields: FormFields) => Promise<void>
}

/**
 * Reads the file of a form (`multipart/form-data`, RFC 7578) as a stream: its head, then its bytes. The form has one file, in the field `file`, and
 * values before or after it. Throws `malformed-body`, `invalid-parameters`, `unsupported-media-type`, `content-too-large`, and problems of `check`.
 */
export const readForm = ({ boundary, maxBytes, check }: FormOptions): OpenFile => async function * (chunks) {
  const fields = new FormFields()
  let file: FileHead | undefined
  let checked = 0
  let isFile = false
  let nameCheck: NameCheck | undefined
  for await (const part of splitParts(limited(chunks, maxBytes), boundary)) {
    if (Buffer.isBuffer(part)) {
      if (isFile) {
        nameCheck?.append(part)
        yield part
      } else fields.append(part)
      continue
    }
    nameCheck?.end()
    nameCheck = undefined
    const header = parsePartHeader(part.header)
    isFile = header.name === fileField
    if (!isFile) {
      if (header.fileName !== undefined) throw notTheFile(header, file)
      fields.begin(header.name)
      continue
    }
    if (file) throw notTheFile(header, file)
    await check(fields)
    checked = fields.count
    file = fileHead(header)
    if (header.fileName === undefined && file.encoding === 'identity') nameCheck = refuseNameOfFile(fileField)
    yield file
  }
  nameCheck?.end()
  if (!file) throw new Problem('malformed-body', `The form has no file: send it in the field "${fileField}". With curl: -F ${fileField}=@prices.xlsx`)
  if (fields.count > checked) await check(fields)
}

/** Returns the boundary of a Content-Type; undefined if this is no form. Throws `malformed-body`. */
export function formBoundary (contentType = ''): string | undefined {
  if (contentType.split(';')[0]!.trim().toLowerCase() !== 'multipart/form-data') return undefined
  const [, quoted, token] = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^;\s"]*))/i.exec(contentType) ?? []
  const boundary = quoted ?? token ?? ''
  if (/^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/.test(boundary)) return boundary
  throw new Problem('malformed-body', 'Content-Type: multipart/form-data has no valid boundary. Do not set this header: the HTTP client sets it. With curl: -F file=@prices.xlsx')
}

function fileHead ({ type, fileName, encoding: contentEncoding, transferEncoding = 'binary' }: PartHeader): FileHead {
  if (!['7bit', '8bit', 'binary'].includes(transferEncoding.trim().toLowerCase())) {
    throw new Problem('malformed-body', `The file of the form has Content-Transfer-Encoding: ${transferEncoding.slice(0, 100)}. Send it as it is: binary`)
  }
  const encoding = parseEncoding(contentEncoding)
  if (!encoding) throw new Problem('unsupported-media-type', 'Content-Encoding of the file must be gzip or identity', { headers: { 'accept-encoding': 'gzip, identity' } })
  const declared = parsePartFormat(type)
  if (declared === undefined) {
    const unread = describeUnreadType(type)
    if (unread) throw refusedType(`The file of the form is declared as ${unread} (Content-Type: ${type!.slice(0, 100)}). A batch is ${namedTypes.join(', ')}`)
    throw refusedType(`The file of the form has Content-Type: ${type!.slice(0, 100)}. It must be ${namedTypes.join(', ')}, or application/octet-stream for any of them. ` +
      'With curl: -F \'file=@prices.xlsx;type=application/octet-stream\'')
  }
  return { declared, encoding, charset: parseCharset(type), fileName: shownFileName(fileName) }
}

const refusedType = (detail: string): Problem => new Problem('unsupported-media-type', detail, { headers: { 'accept-post': acceptPost.join(', ') } })

function notTheFile ({ name, fileName }: PartHeader, file: FileHead | undefined): Problem {
  const shown = shownFileName(fileName)
  const called = shown === undefined ? '' : ` (${JSON.stringify(shown)})`
  if (name === fileField) return invalidField(name, 'repeated', `is more than once in the form${called}: a batch is one file, so send each file in a request of its own`)
  return invalidField(name, 'unknown', `has a file${called}: ${file ? 'a batch is one file, so send each file in a request of its own' : `the file must be in the field "${fileField}"`}`)
}

async function * limited (chunks: AsyncGenerator<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Problem('content-too-large', `The body is longer than ${maxBytes} bytes`)
    yield chunk
  }
}
