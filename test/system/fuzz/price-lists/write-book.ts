import { zipSync } from 'fflate'
import { isValidity, type Field } from './headers.ts'
import { SheetRows } from './sheet-rows.ts'
import { chooser } from './true-prices.ts'
import { verdictOf, type Verdict } from './verdict.ts'
import { hasOrder } from './write-day.ts'
import { daysOf, plantValue, pricesOf, writeLine, type WrittenLine } from './write-lines.ts'
import { packageParts } from '../../../harness/workbook-package.ts'
import { cellXml } from './workbook-xml.ts'
import type { Book } from './workbook.ts'

/** Writes a workbook. Also returns what a reader must do with it, and its rows for a person. */
export function writeBook (book: Book): { bytes: Uint8Array, verdict: Verdict, shown: string } {
  const { header, plant } = book
  const written = book.list.map(line => writeLine(line, book))
  const texts = written.map((line, at) => textsOf(book, line, at))
  const field = plant && plant.kind !== 'bad cell' && plant.kind !== 'other form of days' ? plantValue(texts, book.list, plant, book) : null
  const isOther = plant?.kind === 'bad cell' || plant?.kind === 'bad header' || plant?.kind === 'total'
  const rows = writeRows(book, written, texts)
  const hiddenColumn = book.others.includes('hidden column') ? header.names.length + (plant?.kind === 'bad header' ? 2 : 1) : null
  const parts = packageParts({ rows: rows.xml, shared: rows.shared, hiddenColumn, epoch: book.cells.epoch, others: book.others })
  const verdict = verdictOf(daysOf(texts), pricesOf(texts), field !== null || isOther ? plant!.kind : null)
  // Days that a program has typed beside texts of days may be misread by that program: such a book may be refused.
  const mayRefuse = verdict.must === 'read' && book.days === 'mixed' && hasOrder(book.dayStyle)
  return {
    bytes: zipSync(parts, { level: book.isStored ? 0 : 1 }),
    verdict: mayRefuse ? { must: 'never wrong', why: 'typed days beside texts' } : verdict,
    shown: `${rows.xml.join('\n')}\nshared texts: ${rows.shared.join(' | ')}`,
  }
}

/** The values of a line that are texts in the book. */
function textsOf ({ days, prices, list }: Book, { day, valid_from: from, valid_to: to, price }: WrittenLine, at: number): WrittenLine {
  const choose = chooser(list[at]!.noise ^ 0x0f0f0f0f)
  const hasDay = days === 'text' || (days === 'mixed' && choose.one([false, true]))
  const hasPrice = prices === 'text' || (prices === 'mixed' && choose.one([false, true]))
  return {
    ...(hasDay && day ? { day } : {}), ...(hasDay && from ? { valid_from: from } : {}), ...(hasDay && to ? { valid_to: to } : {}),
    ...(hasPrice && price ? { price } : {}),
  }
}

function writeRows (book: Book, written: readonly WrittenLine[], texts: readonly WrittenLine[]): SheetRows {
  const { header, list, plant, others } = book
  const rows = new SheetRows(book.cells)
  const target = plant && 'at' in plant ? plant.at % list.length : -1
  const [more, hidden] = [plant?.kind === 'bad header' ? plant.name : null, others.includes('hidden column')]
  const badField = plant?.kind !== 'bad cell' ? null : plant.at % 2 ? 'price' : isValidity(header) ? 'valid_from' : 'day'
  const cellOf = (field: Field | null, at: number): string | null => {
    if (field === null) return null
    if (at === target && field === badField && plant?.kind === 'bad cell') return plant.cell
    const value = texts[at]![field] ?? (field.endsWith('code') ? written[at]![field] : undefined)
    return value ? rows.text(value.text) : cellXml(field, list[at]!, book.days === 'iso', book.cells)
  }
  for (const title of book.titles) rows.add([rows.text(title)])
  rows.add([...header.names.map(name => rows.text(name)), ...(more ? [rows.text(more)] : []), ...(hidden ? [rows.text('carrier')] : [])])
  for (const [at, line] of list.entries()) {
    const cells = header.order.map(field => cellOf(field, at))
    rows.add([...(header.hasIndex ? [`{><v>${at}</v>`] : []), ...cells, ...(more ? ['{><v>1</v>'] : []), ...(hidden ? ['{><v>7</v>'] : [])])
    if (plant?.kind === 'total' && at === target) rows.add([rows.text('Total'), ...header.order.map(field => field === 'price' ? '{><v>12345</v>' : null)])
    if (others.includes('hidden rows') && line.noise % 5 === 0) rows.add(cells.map(() => '{><v>1</v>'), 'hidden="1"')
  }
  return rows
}
