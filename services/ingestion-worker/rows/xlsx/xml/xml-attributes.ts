import { FileRefused } from '../../file-refused.ts'
import { decodeXml } from './xml-text.ts'

const QUOTE = 0x22
const APOSTROPHE = 0x27
const EQUALS = 0x3d

/** Cursor over the attributes of one tag. The scanner reuses it for each tag. */
export class XmlAttributes {
  bytes: Buffer = Buffer.alloc(0)
  nameStart = 0
  nameEnd = 0
  valueStart = 0
  valueEnd = 0
  #at = 0
  #end = 0

  /** Begins with the bytes between the name and the end of a tag. */
  begin (bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes
    this.#at = start
    this.#end = end
  }

  /** Moves to the next attribute. Returns false if there is none. */
  next (): boolean {
    const { bytes } = this
    const end = this.#end
    let at = this.#at
    while (at < end && bytes[at]! <= 0x20) at++
    if (at === end) return false
    this.nameStart = at
    while (at < end && bytes[at] !== EQUALS && bytes[at]! > 0x20) at++
    this.nameEnd = at
    while (at < end && bytes[at]! <= 0x20) at++
    if (bytes[at] !== EQUALS) throw new FileRefused('damaged_workbook')
    at++
    while (at < end && bytes[at]! <= 0x20) at++
    const quote = bytes[at]
    if (at >= end || (quote !== QUOTE && quote !== APOSTROPHE)) throw new FileRefused('damaged_workbook')
    this.valueStart = ++at
    while (at < end && bytes[at] !== quote) at++
    if (at === end) throw new FileRefused('damaged_workbook')
    this.valueEnd = at
    this.#at = at + 1
    return true
  }

  /** Returns whether the name is one letter, without a prefix. */
  isLetter (letter: number): boolean {
    return this.nameEnd - this.nameStart === 1 && this.bytes[this.nameStart] === letter
  }

  get name (): string {
    return this.bytes.toString('latin1', this.nameStart, this.nameEnd)
  }

  get value (): string {
    return decodeXml(this.bytes, this.valueStart, this.valueEnd)
  }

  /** Returns whether the value is true, in one of the forms of XML Schema. */
  get isTrue (): boolean {
    return /^(1|true)$/.test(this.value)
  }

  /** Reads the rest of the attributes. */
  toMap (): Map<string, string> {
    const all = new Map<string, string>()
    while (this.next()) all.set(this.name, this.value)
    return all
  }
}
