import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A test file that failed, and the names of its failed assertions: test › subtest › assertion. */
export type FailedFile = { file: string, tests: string[] }

const exitedEarly = 'exited before its last test'

/** Returns the files that failed since `sinceMs` (milliseconds since 1970), from the TAP that tap stores for each file in `folder`. */
export function failedFiles (folder: string, sinceMs: number): FailedFile[] {
  return globSync('**/*.tap', { cwd: folder }).sort()
    .filter(name => statSync(join(folder, name)).mtimeMs >= sinceMs)
    .map(name => ({ file: name.slice(0, -'.tap'.length), tests: failedTests(readFileSync(join(folder, name), 'utf8')) }))
    .filter(({ tests }) => tests.length > 0)
}

/** Returns the failed assertions in the TAP of one file. A file without a plan did not finish: its process died or never began a test. */
export function failedTests (tap: string): string[] {
  const failed: string[] = []
  const names: string[] = []
  let deepest = -1 // depth of the last failure: a subtest's own line follows the lines of its assertions
  for (const line of tap.split('\n')) {
    const depth = (line.length - line.trimStart().length) / 4
    const text = line.trimStart()
    if (text.startsWith('# Subtest: ')) names[depth] = unescape(text.slice('# Subtest: '.length))
    const name = /^not ok \d+(?: - (.*?))?(?: # time=.*)?$/.exec(text)?.[1]
    if (name === undefined) continue
    if (deepest <= depth) failed.push([...names.slice(0, depth), unescape(name)].join(' › '))
    deepest = depth === 0 ? -1 : depth
  }
  if (!/^1\.\.\d+/m.test(tap)) failed.push(exitedEarly)
  return failed
}

const unescape = (name: string): string => name.replaceAll('\\#', '#')

/** Returns the end of a failed run's output: each file, its first failures, and the command that runs the file alone. */
export function failureSummary (files: FailedFile[], command = 'npm test'): string {
  const most = 5
  return files.map(({ file, tests }) => [
    `FAILED ${command} -- ${file}`,
    ...tests.slice(0, most).map(name => `  ${name}`),
    ...(tests.length > most ? [`  and ${tests.length - most} more`] : []),
  ].join('\n')).join('\n')
}
