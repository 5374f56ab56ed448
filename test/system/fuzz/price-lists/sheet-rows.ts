import { columnLetter, textXml, type CellStyle } from './workbook-xml.ts'

/** The rows of a sheet as XML. A cell is XML that begins with `{` in place of its element and its place. */
export class SheetRows {
  readonly xml: string[] = []
  readonly shared: string[] = []
  readonly #style: CellStyle

  constructor (style: CellStyle) {
    this.#style = style
  }

  text (text: string): string | null {
    return text === '' ? null : textXml(text, this.#style, this.shared)
  }

  add (cells: ReadonlyArray<string | null>, attributes = ''): void {
    const { hasPlaces } = this.#style
    const row = this.xml.length + 1
    const written = cells.map((cell, at) => {
      if (cell === null) return hasPlaces ? '' : '<c/>' // a cell without its place follows the one before
      return cell.replace('{', `<c ${hasPlaces ? `r="${columnLetter(at)}${row}" ` : ''}`) + '</c>'
    })
    this.xml.push(`<row ${hasPlaces ? `r="${row}" ` : ''}${attributes}>${written.join('')}</row>`)
  }
}
