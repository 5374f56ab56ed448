import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { readArguments } from '../../services/ops/arguments.ts'
import { findCommand } from '../../services/ops/commands.ts'
import { documentedCommands, type Documented } from './commands.ts'
import { aws, compose, problemOf, pulumi } from './known-options.ts'

const root = join(import.meta.dirname, '../..')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const { services } = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as { services: Record<string, unknown> }
// test/docs/runbook-commands.test.ts runs the commands of the runbook.
const documents = globSync(['*.md', 'docs/*.md', '**/README.md'], { cwd: root, exclude: ['**/node_modules', '.git', '.state', '.emulators'] })
  .filter(file => !['CHANGELOG.md', 'docs/runbook.md'].includes(file)).toSorted()

t.test('every command of every document exists', async t => {
  let count = 0
  for (const file of documents) {
    // A block without a language is output or a diagram. The drill has run the commands in its output.
    const text = readFileSync(join(root, file), 'utf8').replace(/^## The drill[^]*/m, '')
      .replace(/^ *```(\w*)\n[^]*?^ *```$/gm, (block, language) => language === '' ? block.replace(/[^\n]/g, '') : block)
    for (const command of documentedCommands(text)) {
      count++
      const problem = problemOfCommand(command)
      if (problem !== undefined) t.fail(`${file}:${command.line}: ${command.words.join(' ')}: ${problem}`)
    }
  }
  t.ok(count > 150, `${count} commands are found`)
})

/** Returns what is wrong with a command, or undefined. The name of a program alone is right. `…` stands for words that a document omits. */
function problemOfCommand ({ words: [program = '', ...words] }: Documented): string | undefined {
  if (words.length === 0 || words[0] === '…') return undefined
  if (program === 'npm') return ofNpm(words)
  if (program === 'node') return words[0]?.endsWith('.ts') && !existsSync(join(root, words[0])) ? `there is no file ${words[0]}` : undefined
  if (program === 'docker-compose') return ofCompose(words)
  if (program !== 'aws' && program !== 'pulumi') return undefined
  const known = program === 'aws' ? aws : pulumi
  const problem = problemOf(known, words.filter(word => word !== '…'))
  return words.includes('…') && /operands|no value/.test(problem ?? '') ? undefined : problem
}

function ofNpm (words: string[]): string | undefined {
  const [verb = '', script = '', ...rest] = words.filter(word => word !== '--silent')
  const args = rest[0] === '--' ? rest.slice(1) : rest
  if (verb === 'test') return missingFiles(script === '--' ? rest : [])
  if (verb !== 'run') return ['ci', 'start', 'install', 'sbom', 'audit', 'outdated'].includes(verb) ? undefined : `"npm ${verb}"`
  if (!(script in scripts)) return `package.json has no script "${script}"`
  if (script === 'ops') return ofOps(args)
  if (script === 'stack' && args.length > 0) return ['init', 'up', 'down', 'list', '--help'].includes(args[0]!.split(/\\*\|/)[0]!) ? undefined : `"stack ${args[0]}"`
  return missingFiles(args)
}

function ofOps (args: string[]): string | undefined {
  const words = args[0] === '--stack' ? args.slice(2) : args
  // A command that is named without its arguments, or without its own arguments: `batches …`.
  if (words.length === 0 || words.some(word => ['…', '--help', 'COMMAND'].includes(word))) return undefined
  try {
    const { command, rest } = findCommand(words)
    if (rest.length > 0) readArguments(command, rest.filter(word => !/^\[|\]$/.test(word)))
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function ofCompose (words: string[]): string | undefined {
  const rest = words[0] === '--profile' ? words.slice(2) : words
  const problem = problemOf(compose, rest)
  if (problem !== undefined) return problem
  const service = rest.slice(1).find((word, index) => !word.startsWith('-') && !['--tail', '--scale'].includes(rest[index]!))
  return service === undefined || service in services || service === 'SERVICE' ? undefined : `there is no service "${service}"`
}

function missingFiles (words: string[]): string | undefined {
  const missing = words.filter(word => /\.test\.ts$/.test(word) && globSync(word, { cwd: root }).length === 0)
  return missing.length > 0 ? `there is no file ${missing.join(', ')}` : undefined
}
