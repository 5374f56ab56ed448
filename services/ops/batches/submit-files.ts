import { CommandError } from '../command-error.ts'
import type { FileToSend } from './files-to-send.ts'
import { counted } from './counted.ts'
import { openProgress } from './progress.ts'
import { submitFile, type SubmitOptions } from './send-file.ts'

/** Sends files one after the other, and prints a line for each and one with their numbers. Throws CommandError at the end if one of them failed. */
export async function submitFiles (files: readonly FileToSend[], options: SubmitOptions): Promise<void> {
  const progress = openProgress()
  let failed = 0
  for (const { path, skipped } of files) {
    if (skipped !== undefined) {
      progress.line(`${path}: not sent: ${skipped}`)
      continue
    }
    const lines: string[] = []
    try {
      await submitFile(path, options, { show: text => progress.show(`${path}: ${text}`), line: text => lines.push(text) })
      progress.line(`${path}: ${[...lines.slice(-1), ...lines.slice(1, -1), ...lines.slice(0, 1)].join('; ')}`)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      failed++
      progress.line(`${path}: ${[error.message, ...lines.slice(1, 3), ...lines.slice(0, 1)].join('; ')}`)
    }
  }
  const sent = files.filter(({ skipped }) => skipped === undefined).length
  if (sent === 0) throw new CommandError('The folder has no file to send.')
  const notSent = files.length - sent
  const others = notSent === 0 ? '' : notSent === 1 ? '; 1 other was not sent' : `; ${notSent} others were not sent`
  if (failed > 0) throw new CommandError(`${failed} of ${counted(sent, 'file')} failed${others}.`)
  progress.line(`${counted(sent, 'file')} ${options.dryRun ? 'validated' : 'applied'}${others}.`)
}
