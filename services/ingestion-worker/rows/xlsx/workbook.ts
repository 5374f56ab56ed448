import { FileRefused } from '../file-refused.ts'
import type { PackageParts } from './package-parts.ts'
import { readRelationships } from './relationships.ts'

export type WorkbookSheet = { name: string, part: string, kind: 'worksheet' | 'chartsheet' | 'dialogsheet', isHidden: boolean }

export type Workbook = {
  /** In the order of the tabs. */
  sheets: WorkbookSheet[]
  /** Part with the shared texts, null if the workbook has none. */
  textsPart: string | null
  /** Part with the formats of the cells, null if the workbook has none. */
  stylesPart: string | null
  /** First day of the serial numbers of days. */
  serialEpoch: 1900 | 1904
  /** Whether the program that opens the file must compute the formulas: their values may be missing in the file, or 0 in place of a value. */
  isUncomputed: boolean
}

const elements = ['sheet', 'workbookPr', 'calcPr']
const [SHEET, PROPERTIES, CALCULATION] = [0, 1, 2]

/**
 * Reads what a workbook says about its sheets. Throws FileRefused for one with macros, a binary one, one with too many sheets, or another file.
 *
 * @param otherwise what the file is if it is no workbook
 */
export async function readWorkbook (parts: PackageParts, maxSheets: number, otherwise: string): Promise<Workbook> {
  const part = await findWorkbook(parts, otherwise)
  const relationships = await readRelationships(parts, part)
  const workbook: Workbook = { sheets: [], textsPart: null, stylesPart: null, serialEpoch: 1900, isUncomputed: false }
  for (const { kind, part } of relationships.values()) {
    if (kind === 'sharedStrings') workbook.textsPart = part
    if (kind === 'styles') workbook.stylesPart = part
    if (/^vbaProject$|macrosheet$/i.test(kind)) throw new FileRefused('macro_workbook')
  }
  await parts.scan(part, elements, {
    open (element, _depth, attributes) {
      if (element < 0) return
      const all = attributes.toMap()
      if (element === PROPERTIES) workbook.serialEpoch = isTrue(all.get('date1904')) ? 1904 : 1900
      if (element === CALCULATION) workbook.isUncomputed = isTrue(all.get('fullCalcOnLoad'))
      if (element !== SHEET) return
      if (workbook.sheets.length === maxSheets) throw new FileRefused('too_many_sheets', String(maxSheets))
      const name = all.get('name') ?? ''
      const target = relationships.get([...all].find(([name]) => name.endsWith(':id'))?.[1] ?? '')
      if (!target) throw new FileRefused('damaged_workbook')
      const { kind, part } = target
      if (kind !== 'worksheet' && kind !== 'chartsheet' && kind !== 'dialogsheet') throw new FileRefused('damaged_workbook')
      if (workbook.sheets.some(sheet => sheet.part === part)) throw new FileRefused('damaged_workbook') // it would be read once for each
      workbook.sheets.push({ name, part, kind, isHidden: all.has('state') && all.get('state') !== 'visible' })
    },
    close () {},
    text () {},
  })
  return workbook
}

/** Returns the name of the part that describes the workbook. */
async function findWorkbook (parts: PackageParts, otherwise: string): Promise<string> {
  if ([...parts.names].some(name => name.endsWith('vbaproject.bin'))) throw new FileRefused('macro_workbook')
  const targets = [...(await readRelationships(parts, '')).values()]
  const part = targets.find(({ kind }) => kind === 'officeDocument')?.part
  if (!part || !parts.has('[Content_Types].xml')) throw new FileRefused('not_a_workbook', otherwise)
  const type = await readContentType(parts, part)
  if (/macroEnabled/i.test(type) && !/binary/i.test(type)) throw new FileRefused('macro_workbook')
  if (part.endsWith('.bin')) throw new FileRefused('xlsb_workbook')
  if (!/spreadsheetml|ms-excel/i.test(type)) throw new FileRefused('not_a_workbook', otherwise)
  return part
}

async function readContentType (parts: PackageParts, part: string): Promise<string> {
  const extension = part.slice(part.lastIndexOf('.') + 1).toLowerCase()
  let byExtension = ''
  let byPart = ''
  await parts.scan('[Content_Types].xml', ['Default', 'Override'], {
    open (element, _depth, attributes) {
      if (element < 0) return
      const all = attributes.toMap()
      const type = all.get('ContentType') ?? ''
      if (all.get('Extension')?.toLowerCase() === extension) byExtension = type
      if (all.get('PartName')?.toLowerCase() === `/${part.toLowerCase()}`) byPart = type
    },
    close () {},
    text () {},
  })
  return byPart || byExtension
}

const isTrue = (value: string | undefined): boolean => value === '1' || value === 'true'
