import { FileRefused } from '../file-refused.ts'
import { UnpackLimit } from '../zip/unpack-limit.ts'
import { unzip } from '../zip/unzip.ts'
import { readZipDirectory, type ZipEntry } from '../zip/zip-directory.ts'
import { hasDoctype } from './xml/doctype.ts'
import { XmlScanner, type XmlHandler } from './xml/xml-scanner.ts'

/** Other work between two chunks of a part. */
export type Between = () => void | Promise<void>

/** The parts of a workbook: the files in its zip, by their name in any case. */
export class PackageParts {
  readonly #entries = new Map<string, ZipEntry>()
  readonly #limit: UnpackLimit
  readonly #between: Between

  /** Throws FileRefused if the bytes are not a zip. */
  constructor (bytes: Uint8Array, limits: { maxEntries: number, maxUnpackedBytes: number }, between: Between) {
    for (const entry of readZipDirectory(bytes, limits.maxEntries)) this.#entries.set(key(entry.name), entry)
    this.#limit = new UnpackLimit(limits.maxUnpackedBytes)
    this.#between = between
  }

  has (name: string): boolean {
    return this.#entries.has(key(name))
  }

  get names (): Iterable<string> {
    return this.#entries.keys()
  }

  /** Yields the content of a part. Throws FileRefused if the part is missing. */
  async * read (name: string): AsyncGenerator<Buffer, void> {
    const entry = this.#entries.get(key(name))
    if (!entry) throw new FileRefused('damaged_workbook')
    for await (const chunk of unzip(entry, this.#limit)) {
      yield chunk
      await this.#between()
    }
  }

  /** Scans a part, to its end or until `isDone` returns true. */
  async scan (name: string, elements: readonly string[], handler: XmlHandler, isDone: () => boolean = () => false): Promise<void> {
    const scanner = new XmlScanner(elements, handler, isDone)
    for await (const chunk of this.read(name)) {
      scanner.write(chunk)
      if (scanner.stopped) return
    }
    scanner.end()
  }

  /** Refuses the workbook if a part has a document type declaration, whether the part is read later or not. */
  async refuseDoctypes (): Promise<void> {
    for (const name of this.#entries.keys()) {
      if (!/\.(xml|rels|vml)$/.test(name)) continue
      const content = this.read(name)
      const { value } = await content.next()
      await content.return()
      if (value && hasDoctype(value)) throw new FileRefused('xml_doctype')
    }
  }
}

const key = (name: string): string => name.replace(/^\//, '').toLowerCase()
