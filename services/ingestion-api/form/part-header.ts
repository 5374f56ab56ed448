import { Problem } from '../../../lib/http/problem.ts'

export type PartHeader = {
  /** Name of the form's field. */
  name: string
  /** Name of the file, for people. Undefined for a value. */
  fileName?: string
  type?: string | undefined
  encoding?: string | undefined
  transferEncoding?: string | undefined
}

const line = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\0\r\n]*)$/
const parameter = /;\s*([\w!#$&+.^`|~-]+\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"\s]*))/g

/** Parses the header of a part (RFC 7578, 4.2). Throws `malformed-body` for a part that cannot be assigned: no part is skipped. */
export function parsePartHeader (header: Buffer): PartHeader {
  const fields = new Map<string, string>()
  for (const text of header.length === 0 ? [] : header.toString().split('\r\n')) {
    const [, name, value] = line.exec(text) ?? []
    if (name === undefined || fields.has(name.toLowerCase())) throw new Problem('malformed-body', 'The header of a part of the form cannot be read')
    fields.set(name.toLowerCase(), value!)
  }
  const disposition = fields.get('content-disposition') ?? ''
  const parameters = new Map([...disposition.matchAll(parameter)].map(([, name, quoted, token]) =>
    [name!.toLowerCase(), quoted === undefined ? token! : unquote(quoted)]))
  const name = parameters.get('name')
  if (!/^form-data\s*(;|$)/i.test(disposition) || name === undefined) {
    throw new Problem('malformed-body', 'A part of the form has no name: its Content-Disposition must be form-data; name="…"')
  }
  const fileName = decode(parameters.get('filename*')) ?? parameters.get('filename')
  return {
    name, ...(fileName === undefined ? {} : { fileName }),
    type: fields.get('content-type'), encoding: fields.get('content-encoding'), transferEncoding: fields.get('content-transfer-encoding'),
  }
}

/** curl escapes quotes by a backslash, browsers by percent signs. Other backslashes are of a path on Windows. */
const unquote = (text: string): string => text.replace(/\\(["\\])/g, '$1').replaceAll('%22', '"')

/** Decodes `UTF-8''prices%20.csv` (RFC 8187). RFC 7578 forbids this form, and clients send it. */
function decode (text: string | undefined): string | undefined {
  const [, encoded] = /^utf-8'[^']*'(.*)$/i.exec(text ?? '') ?? []
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}
