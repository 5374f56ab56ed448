/** A Thrift structure: the values of its fields by their ids. */
export type Struct = { [id: number]: Value }
type Value = number | boolean | string | Buffer | Struct | Value[]

/** Encodes a structure in the Thrift compact protocol. */
export function thrift (struct: Struct): Buffer {
  let last = 0
  const fields = Object.entries(struct).map(([id, value]) => {
    const head = (Number(id) - last) << 4 | (value === true ? 1 : value === false ? 2 : typeOf(value))
    last = Number(id)
    return Buffer.concat([Buffer.of(head), encode(value)])
  })
  return Buffer.concat([...fields, Buffer.of(0)])
}

const typeOf = (value: Value): number =>
  typeof value === 'number' ? 6 : typeof value === 'string' || Buffer.isBuffer(value) ? 8 : Array.isArray(value) ? 9 : 12

function encode (value: Value): Buffer {
  if (typeof value === 'boolean') return Buffer.alloc(0)
  if (typeof value === 'number') return varint(value < 0 ? -2 * value - 1 : 2 * value)
  if (typeof value === 'string') return encode(Buffer.from(value))
  if (Buffer.isBuffer(value)) return Buffer.concat([varint(value.length), value])
  if (Array.isArray(value)) return Buffer.concat([Buffer.of(0xf0 | typeOf(value[0] ?? 0)), varint(value.length), ...value.map(encode)])
  return thrift(value)
}

export function varint (value: number): Buffer {
  const bytes = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push(value % 128 | 128)
  return Buffer.from([...bytes, value])
}

export type Craft = {
  /** Physical type of the only column. @default 1, INT32 */
  type?: number
  /** More fields of its schema element. */
  element?: Struct
  codec?: number
  /** Number of rows of the row group. @default 1 */
  rows?: number
  /** Pages: header and content. */
  pages: Array<[Struct, Buffer]>
  /** More fields of the footer, or other values. */
  footer?: Struct
  /** Number of row groups that have the same column chunk. @default 1 */
  groups?: number
}

/** Returns a Parquet file of the optional column `a`, with pages that no writer writes. */
export function craftFile ({ type = 1, element = {}, codec = 0, rows = 1, pages, footer = {}, groups = 1 }: Craft): Buffer {
  const content = Buffer.concat(pages.flatMap(([header, page]) => [thrift(header), page]))
  const schema: Struct[] = [{ 4: 'root', 5: 1 }, { 1: type, 3: 1, 4: 'a', ...element }]
  const chunk = { 2: 4, 3: { 1: type, 2: [0], 3: ['a'], 4: codec, 5: rows, 6: content.length, 7: content.length, 9: 4 } }
  const group = { 1: [chunk], 2: content.length, 3: rows }
  return wrap(content, thrift({ 1: 1, 2: schema, 3: rows * groups, 4: Array.from({ length: groups }, () => group), ...footer }))
}

/** Returns a file of the content and a footer. */
export function wrap (content: Buffer, footer: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(footer.length)
  return Buffer.concat([Buffer.from('PAR1'), content, footer, length, Buffer.from('PAR1')])
}

/** Returns a data page of version 1 of values without nulls, if its levels are not given. */
export function dataPage (
  values: number, encoding: number, bytes: Buffer, change: { header?: Struct, levels?: Buffer, stored?: Buffer } = {}
): [Struct, Buffer] {
  const levels = change.levels ?? Buffer.concat([varint(values * 2), Buffer.of(1)])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(levels.length)
  const page = Buffer.concat([length, levels, bytes])
  const stored = change.stored ?? page
  return [{ 1: 0, 2: page.length, 3: stored.length, 5: { 1: values, 2: encoding, 3: 3, 4: 3 }, ...change.header }, stored]
}

export function dictionaryPage (values: number, page: Buffer): [Struct, Buffer] {
  return [{ 1: 2, 2: page.length, 3: page.length, 7: { 1: values, 2: 0 } }, page]
}
