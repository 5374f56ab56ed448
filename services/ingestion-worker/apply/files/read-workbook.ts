import { isHeader } from '../../rows/table/columns.ts'
import { describeTable } from '../../rows/describe-table.ts'
import { textOf } from '../../rows/table/read-cell.ts'
import { reportedHeader } from '../../rows/table/reported-cells.ts'
import { TableRows, type TableOptions } from '../../rows/table/table-rows.ts'
import { openXlsx } from '../../rows/xlsx/xlsx.ts'
import { describeSkipped } from '../../rows/describe-text.ts'
import type { FileRead, FileToRead } from './file-to-read.ts'
import { inSteps } from './in-steps.ts'

/** Reads the sheet of a workbook that has prices. Throws FileRefused. */
export async function readWorkbook (
  { checker, limits, signal, afterChunk }: FileToRead, bytes: Uint8Array, options: TableOptions & { sheet?: string | undefined }
): Promise<FileRead> {
  let began = performance.now()
  const sheet = await openXlsx(bytes, {
    ...(options.sheet === undefined ? {} : { sheet: options.sheet }), limits: limits.xlsx, signal,
    hasHeader: cells => isHeader(cells.map(textOf), options),
    between: async () => {
      await afterChunk(began)
      began = performance.now()
    },
  })
  const rows = new TableRows(checker, { ...options, epoch: sheet.serialEpoch, cellAt: sheet.placeOf })
  const { hiddenRows, hiddenColumns, filledCells } = await sheet.read(rows)
  await inSteps(rows.finish(), afterChunk)
  const { skipped, ...dialect } = describeTable(rows)
  return {
    ...dialect, sheet: sheet.name.slice(0, 100), lastLineEnded: null, header: reportedHeader(rows.columns),
    skipped: [
      ...skipped, ...describeSkipped({ 'hidden rows': hiddenRows, 'hidden columns': hiddenColumns.length, 'cells filled from a merged cell above': filledCells }),
      ...sheet.skippedSheets.slice(0, 10).map(({ name, why }) => ({ what: `${why} sheet ${name.slice(0, 100)}`, count: 1 })),
    ],
  }
}
