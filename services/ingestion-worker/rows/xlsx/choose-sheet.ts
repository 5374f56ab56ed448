import { FileRefused } from '../file-refused.ts'
import type { Workbook, WorkbookSheet } from './workbook.ts'

/** A sheet that is not read, and why: `other` is a sheet without the header, or beside the sheet that was asked for. */
export type SkippedSheet = { name: string, why: 'hidden' | 'chart' | 'other' }

/**
 * Chooses the sheet with the prices: by its name, or the only visible one, or the only visible one with the header. Throws FileRefused if there is
 * none, or if several have the header.
 *
 * @param hasHeader returns whether the header is in the first rows of a sheet; not called for the only one
 */
export async function chooseSheet (
  workbook: Workbook, name: string | undefined, hasHeader: (sheet: WorkbookSheet) => Promise<boolean>
): Promise<WorkbookSheet> {
  const worksheets = workbook.sheets.filter(({ kind }) => kind === 'worksheet')
  const visible = worksheets.filter(({ isHidden }) => !isHidden)
  if (name !== undefined) {
    const named = workbook.sheets.find(sheet => sheet.name.toLowerCase() === name.toLowerCase()) // names differ in more than case
    if (!named) throw new FileRefused('no_such_sheet', `${quoted([{ name }])}: the workbook has ${quoted(visible)}`)
    if (named.kind !== 'worksheet' || named.isHidden) throw new FileRefused('sheet_not_read', quoted([named]))
    return named
  }
  if (worksheets.length === 0) throw new FileRefused('no_worksheet')
  if (visible.length === 0) throw new FileRefused('sheet_not_read', quoted(worksheets))
  if (visible.length === 1) return visible[0]!
  const found: WorkbookSheet[] = []
  for (const sheet of visible) if (await hasHeader(sheet)) found.push(sheet)
  if (found.length === 0) throw new FileRefused('no_sheet_with_header', quoted(visible))
  if (found.length > 1) throw new FileRefused('several_sheets', quoted(found))
  return found[0]!
}

/** Returns the sheets that are not read. */
export function skippedSheets (workbook: Workbook, read: WorkbookSheet): SkippedSheet[] {
  return workbook.sheets.filter(sheet => sheet !== read).map(({ name, kind, isHidden }) => ({
    name, why: isHidden ? 'hidden' : kind === 'worksheet' ? 'other' : 'chart',
  }))
}

const quoted = (sheets: Array<{ name: string }>): string => sheets.map(({ name }) => JSON.stringify(name)).join(', ')
