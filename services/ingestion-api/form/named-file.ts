import { sniff } from '../../../lib/batch/content/sniff.ts'
import { textFormat } from '../../../lib/batch/content/text-format.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { maxFieldBytes } from './form-fields.ts'

/** A check of the content of a file, at its end. */
export type NameCheck = { append: (content: Buffer) => void, end: () => void }

/**
 * Returns a check of a part that does not say the name of its file. The check throws `malformed-body` for a short line of text: without the @, curl
 * sends the name of the file in place of the file. No prices are lost: CSV of one line has none, and JSON is not refused.
 */
export function refuseNameOfFile (field: string): NameCheck {
  let content: Buffer | null = Buffer.alloc(0) // null: longer than a name
  return {
    append (bytes) {
      if (content) content = content.length + bytes.length > maxFieldBytes ? null : Buffer.concat([content, bytes])
    },
    end () {
      if (!content || content.length === 0 || sniff(content) !== 'text' || textFormat(content) !== 'csv' || /[\r\n]/.test(content.toString('latin1'))) return
      const text = content.toString().replaceAll(/[\p{C}\p{Zl}\p{Zp}\ufffd]/gu, '')
      const name = /^[^"]{1,100}\.\w{1,10}$/.test(text) ? text : 'prices.csv'
      throw new Problem('malformed-body', `The field "${field}" has no file, but the text ${JSON.stringify(text.slice(0, 100))}. With curl, write -F "${field}=@${name}": the @ sends the file of this name`)
    },
  }
}
