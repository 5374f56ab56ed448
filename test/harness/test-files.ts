import { existsSync, globSync, statSync } from 'node:fs'

/**
 * Returns the arguments of `npm test` with the test files of each folder in its place. Throws if a file does not exist or a folder has no test
 * files: tap runs the other arguments, does not mention that one, and succeeds (findings/tap-missing-file.sh).
 */
export function testFiles (args: readonly string[]): string[] {
  return args.flatMap(arg => {
    if (arg.startsWith('-')) return [arg]
    if (!existsSync(arg)) throw new Error(`There is no test file ${arg}.`)
    if (!statSync(arg).isDirectory()) return [arg]
    const files = globSync(`${arg}/**/*.test.ts`).sort()
    if (files.length === 0) throw new Error(`There is no test file in ${arg}.`)
    return files
  })
}
