import { FileRefused } from '../../file-refused.ts'
import { Carry } from '../../carry.ts'
import { XmlAttributes } from './xml-attributes.ts'

/** Receiver of the elements of an XML part. An element is its index in the names of the scanner, or {@link OTHER}; its prefix is ignored. */
export type XmlHandler = {
  /** @param depth number of elements around this one, and this one: 1 for the root */
  open (element: number, depth: number, attributes: XmlAttributes): void
  close (element: number, depth: number): void
  /** Receives the text between two tags. A text may come in pieces. */
  text (bytes: Buffer, start: number, end: number, isLiteral: boolean): void
}

export const OTHER = -1

const LESS = 0x3c
const GREATER = 0x3e
const SLASH = 0x2f
const EXCLAMATION = 0x21
const QUESTION = 0x3f
const AMPERSAND = 0x26
const COLON = 0x3a
const QUOTE = 0x22
const APOSTROPHE = 0x27
const INCOMPLETE = -1
const MAX_DEPTH = 256
/** Longest tag or comment. */
const MAX_TOKEN_BYTES = 524_288
/** A text that is longer comes in pieces. */
const MAX_TEXT_BYTES = 32_768
/** Longest entity. */
const MAX_ENTITY_BYTES = 12

/**
 * Scans XML in chunks: elements, attributes and text, in UTF-8. Needs memory of the longest token. Refuses a document type declaration, so no
 * entity can be defined, and no other file named.
 *
 * Throws FileRefused.
 */
export class XmlScanner {
  readonly #byLength: Array<Array<{ element: number, name: Buffer }>> = []
  readonly #handler: XmlHandler
  readonly #isDone: () => boolean
  readonly #carry = new Carry()
  readonly #attributes = new XmlAttributes()
  readonly #open = new Int16Array(MAX_DEPTH + 1)
  #depth = 0
  #begun = false
  #rooted = false
  #stopped = false

  /** @param isDone returns true once the handler needs no more input; called after each tag */
  constructor (names: readonly string[], handler: XmlHandler, isDone: () => boolean = () => false) {
    this.#handler = handler
    this.#isDone = isDone
    for (const [element, name] of names.entries()) (this.#byLength[name.length] ??= []).push({ element, name: Buffer.from(name) })
  }

  /** True once the handler needs no more input. */
  get stopped (): boolean {
    return this.#stopped
  }

  write (chunk: Uint8Array): void {
    if (this.#stopped) return
    const joined = this.#carry.join(chunk)
    const bytes = Buffer.from(joined.buffer, joined.byteOffset, joined.length)
    const start = this.#begun ? 0 : this.#begin(bytes)
    const used = start === INCOMPLETE ? 0 : this.#scan(bytes, start)
    if (joined.length - used > MAX_TOKEN_BYTES) throw new FileRefused('damaged_workbook')
    this.#carry.keep(joined, used)
  }

  end (): void {
    if (this.#stopped) return
    const rest = this.#carry.join(new Uint8Array(0))
    if (this.#depth > 0 || !this.#rooted || rest.some(byte => byte > 0x20)) throw new FileRefused('damaged_workbook')
  }

  /** Skips a byte order mark. */
  #begin (bytes: Buffer): number {
    if (bytes.length < 4) return INCOMPLETE
    this.#begun = true
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 3
    if (bytes[0]! >= 0xfe || bytes[0] === 0 || bytes[1] === 0) throw new FileRefused('damaged_workbook') // UTF-16, UTF-32
    return 0
  }

  /** Scans the complete tokens. Returns the index after the last one. */
  #scan (bytes: Buffer, start: number): number {
    const { length } = bytes
    let at = start
    while (at < length && !this.#stopped) {
      let next: number
      if (bytes[at] !== LESS) {
        next = at + 1
        while (next < length && bytes[next] !== LESS) next++
        if (next === length) {
          if (length - at < MAX_TEXT_BYTES) return at
          next = pieceEnd(bytes, length)
        }
        if (this.#depth > 0) this.#handler.text(bytes, at, next, false)
      } else {
        const first = bytes[at + 1]
        if (at + 1 === length) return at
        next = first === SLASH ? this.#close(bytes, at) : first === EXCLAMATION || first === QUESTION ? this.#markup(bytes, at) : this.#tag(bytes, at)
        if (next === INCOMPLETE) return at
        this.#stopped = this.#isDone()
      }
      at = next
    }
    return at
  }

  #tag (bytes: Buffer, start: number): number {
    const { length } = bytes
    let at = start + 1
    let localStart = at
    for (let byte; at < length && (byte = bytes[at]!) > 0x20 && byte !== GREATER && byte !== SLASH; at++) if (byte === COLON) localStart = at + 1
    const nameEnd = at
    let quote = 0
    for (; at < length; at++) {
      const byte = bytes[at]!
      if (quote > 0) {
        if (byte === quote) quote = 0
      } else if (byte === GREATER) break
      else if (byte === QUOTE || byte === APOSTROPHE) quote = byte
    }
    if (at === length) return INCOMPLETE
    if (this.#depth === MAX_DEPTH || (this.#depth === 0 && this.#rooted)) throw new FileRefused('damaged_workbook')
    const isEmpty = bytes[at - 1] === SLASH
    const element = this.#elementOf(bytes, localStart, nameEnd)
    this.#rooted = true
    this.#open[++this.#depth] = element
    this.#attributes.begin(bytes, nameEnd, isEmpty ? at - 1 : at)
    this.#handler.open(element, this.#depth, this.#attributes)
    if (isEmpty) this.#handler.close(element, this.#depth--)
    return at + 1
  }

  #close (bytes: Buffer, start: number): number {
    const { length } = bytes
    let at = start + 2
    let localStart = at
    let nameEnd = 0
    for (; at < length && bytes[at] !== GREATER; at++) {
      if (bytes[at] === COLON) localStart = at + 1
      else if (bytes[at]! <= 0x20) nameEnd ||= at
    }
    if (at === length) return INCOMPLETE
    const element = this.#elementOf(bytes, localStart, nameEnd || at)
    if (this.#depth === 0 || this.#open[this.#depth] !== element) throw new FileRefused('damaged_workbook')
    this.#handler.close(element, this.#depth--)
    return at + 1
  }

  /** Reads a comment, a literal text, a processing instruction or the declaration. */
  #markup (bytes: Buffer, start: number): number {
    if (bytes.length - start < 9) return INCOMPLETE // as long as `<!DOCTYPE` and `<![CDATA[`
    const head = bytes.toString('latin1', start, start + 9)
    const end = head.startsWith('<!--') ? '-->' : head === '<![CDATA[' ? ']]>' : head.startsWith('<?') ? '?>' : null
    if (end === null) throw new FileRefused(head.toUpperCase() === '<!DOCTYPE' ? 'xml_doctype' : 'damaged_workbook')
    const textStart = start + (end === '-->' ? 4 : end === ']]>' ? 9 : 2)
    const at = bytes.indexOf(end, textStart)
    if (at < 0) return INCOMPLETE
    if (end === ']]>' && this.#depth > 0) this.#handler.text(bytes, textStart, at, true)
    if (head.startsWith('<?xml ')) checkEncoding(bytes.toString('latin1', start, at))
    return at + end.length
  }

  #elementOf (bytes: Buffer, start: number, end: number): number {
    const candidates = this.#byLength[end - start]
    if (candidates) {
      for (const { element, name } of candidates) {
        let at = 0
        while (at < name.length && bytes[start + at] === name[at]) at++
        if (at === name.length) return element
      }
    }
    return OTHER
  }
}

/** Returns the last index at which a text can be cut: not within an entity or a character. */
function pieceEnd (bytes: Buffer, length: number): number {
  const ampersand = bytes.lastIndexOf(AMPERSAND, length - 1)
  if (ampersand >= length - MAX_ENTITY_BYTES) return ampersand
  let at = length - 1
  while (at > length - 4 && (bytes[at]! & 0xc0) === 0x80) at--
  return at
}

function checkEncoding (declaration: string): void {
  const encoding = /\sencoding\s*=\s*["']([^"']*)/.exec(declaration)?.[1]
  if (encoding && !/^(utf-?8|us-ascii)$/i.test(encoding)) throw new FileRefused('damaged_workbook')
}
