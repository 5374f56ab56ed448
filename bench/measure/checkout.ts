import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The last commit of the release before the ledger by lane and month. */
export const releaseBefore = '307e6e2'
export const thisCheckout = join(import.meta.dirname, '../..')

/** Writes the files of a commit to a folder, with the installed packages of this checkout. The folder is removed when the process exits. */
export function checkout (commit: string): string {
  const root = mkdtempSync(join(tmpdir(), `freight-rates-${commit}-`))
  execFileSync('sh', ['-c', 'git archive "$1" | tar -x -C "$2"', 'sh', commit, root], { cwd: thisCheckout })
  symlinkSync(join(thisCheckout, 'node_modules'), join(root, 'node_modules'))
  process.once('exit', () => rmSync(root, { recursive: true }))
  return root
}
