import { isEmpty } from '../table/read-cell.ts'
import { byteSize } from '../byte-size.ts'
import { FileRefused } from '../file-refused.ts'
import type { PackageParts } from './package-parts.ts'
import { decodeEscapes, decodeXml } from './xml/xml-text.ts'

export type TextLimits = { maxCellChars: number, maxTextBytes: number }

const elements = ['si', 'r', 't']
const [ITEM, RUN, TEXT] = [0, 1, 2]
/** Bytes of a block of texts. The longest text, in UTF-8, fits. */
const BLOCK_BYTES = 1 << 20
/** A text also takes its offset and its length. */
const BYTES_PER_TEXT = 8
/** Texts that are used often are decoded once: the first ones, if they are short. */
const MAX_CACHED = 65_536
const MAX_CACHED_BYTES = 64

/** The texts of a workbook that its cells name by index, as UTF-8 in blocks. */
export class SharedTexts {
  readonly #limits: TextLimits
  readonly #blocks: Buffer[] = []
  readonly #cached: string[] = []
  /** Offsets over all blocks, and lengths. */
  #starts = new Uint32Array(1024)
  #lengths = new Uint32Array(1024)
  #count = 0
  #end = 0

  constructor (limits: TextLimits) {
    this.#limits = limits
  }

  add (given: string): void {
    const text = isEmpty(given) ? '' : given // looked at once, and not for each of its cells
    const bytes = Buffer.byteLength(text)
    if (this.#blocks.length * BLOCK_BYTES < this.#end + bytes) {
      this.#end = this.#blocks.length * BLOCK_BYTES
      this.#blocks.push(Buffer.allocUnsafeSlow(BLOCK_BYTES))
    }
    if (this.#end + this.#count * BYTES_PER_TEXT > this.#limits.maxTextBytes) throw new FileRefused('too_much_text', byteSize(this.#limits.maxTextBytes))
    if (this.#count === this.#starts.length) {
      this.#starts = grown(this.#starts)
      this.#lengths = grown(this.#lengths)
    }
    this.#blocks.at(-1)?.write(text, this.#end % BLOCK_BYTES)
    this.#starts[this.#count] = this.#end
    this.#lengths[this.#count++] = bytes
    this.#end += bytes
  }

  /** Returns a text. Throws FileRefused if there is none. */
  get (index: number): string {
    const cached = this.#cached[index]
    if (cached !== undefined) return cached
    if (!(Number.isInteger(index) && index >= 0 && index < this.#count)) throw new FileRefused('damaged_workbook')
    const length = this.#lengths[index]!
    const start = this.#starts[index]! % BLOCK_BYTES
    const text = length === 0 ? '' : this.#blocks[Math.floor(this.#starts[index]! / BLOCK_BYTES)]!.toString('utf8', start, start + length)
    if (index < MAX_CACHED && length <= MAX_CACHED_BYTES) this.#cached[index] = text
    return text
  }
}

/** Reads the shared texts. Phonetic hints are no text. Throws FileRefused. */
export async function readSharedTexts (parts: PackageParts, part: string | null, limits: TextLimits): Promise<SharedTexts> {
  const texts = new SharedTexts(limits)
  if (part === null) return texts
  let item = ''
  let run = ''
  let isText = false
  let inRun = false
  await parts.scan(part, elements, {
    open (element, depth) {
      if (element === ITEM && depth === 2) item = ''
      else if (element === RUN && depth === 3) inRun = true
      else if (element === TEXT && (depth === 3 || (inRun && depth === 4))) isText = true
    },
    close (element, depth) {
      if (isText && element === TEXT) {
        item += decodeEscapes(run)
        run = ''
        isText = false
      } else if (element === RUN && depth === 3) inRun = false
      else if (element === ITEM && depth === 2) texts.add(item)
    },
    text (bytes, start, end, isLiteral) {
      if (!isText) return
      run += isLiteral ? bytes.toString('utf8', start, end) : decodeXml(bytes, start, end)
      if (item.length + run.length > limits.maxCellChars) throw new FileRefused('cell_too_long', String(limits.maxCellChars))
    },
  })
  return texts
}

function grown (numbers: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(numbers.length * 2)
  larger.set(numbers)
  return larger
}
