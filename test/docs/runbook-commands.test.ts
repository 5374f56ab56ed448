import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { findCommand } from '../../services/ops/commands.ts'
import { documentedCommands, type Documented } from './commands.ts'
import { aws, compose, problemOf, pulumi } from './known-options.ts'
import { ecsTasks } from '../harness/ecs-tasks.ts'
import { ops } from '../harness/ops.ts'
import { fakePulumi } from '../infra/fake-pulumi.ts'
import { runbookFixture, valueOf, type Fixture } from './runbook-fixture.ts'

const root = join(import.meta.dirname, '../..')
const text = readFileSync(join(root, 'docs/runbook.md'), 'utf8')
const all = documentedCommands(text)
const commandsOf = (program: string): Documented[] => all.filter(({ words: [first] }) => first === program)
const fixture = await runbookFixture(t)
const where = ({ line, words }: Documented): string => `docs/runbook.md:${line}: ${words.join(' ')}`

t.test('the runbook needs no SQL session', async t => {
  t.ok(all.length > 60, 'commands are found')
  t.same(commandsOf('psql'), [])
  const sql = [...text.matchAll(/^```sql$/gm)]
  t.equal(sql.length, 1, 'SQL is there once: the text of a migration')
  t.notMatch(text, /`(select|update|delete|insert|analyze|vacuum|alter) /i)
})

t.test('every operators\' command of the runbook runs, and those about the database as a task of a stack too', async t => {
  const given = commandsOf('npm').filter(({ words }) => words[2] === 'ops' && words.length > 3)
  t.ok(given.length > 30)
  for (const command of given) t.same(command.words.slice(0, 4), ['npm', 'run', 'ops', '--'], where(command))
  const task = { region: 'eu-west-1', cluster: 'c', taskDefinition: 'ops:1', container: 'main', subnets: ['s'], securityGroups: ['g'], logGroup: 'l' }
  const { npmRun } = fakePulumi(t, { prod: { oneOffTasks: { ops: task }, payloadBucket: 'payloads', batchesUrl: fixture.ingestionUrl } })
  const tasks = await ecsTasks(t, fixture.env)

  const argumentsOf = ({ words: [, , , , ...args] }: Documented): string[] => args[0] === '--stack' ? args.slice(2) : args
  const distinct = new Map(given.map(command => [JSON.stringify(argumentsOf(command)), command]))
  for (const command of distinct.values()) {
    const args = argumentsOf(command)
    if (args.includes('--help')) {
      const words = args.flatMap(word => word === 'COMMAND' ? ['batches', 'show'] : [word])
      t.match(await ops(words, fixture.env), { code: 0 }, where(command))
      continue
    }
    for (const stack of onStack(args) ? [false, true] : [false]) {
      const filled = await fill(fixture, args)
      const run = stack ? await npmRun('ops', ['--stack', 'prod', ...filled], { AWS_ENDPOINT_URL: tasks }) : await ops(filled, fixture.env)
      t.match(run, { code: 0 }, `${where(command)}${stack ? ' (on a stack)' : ''}`)
      if (run.code !== 0) t.comment(run.stdout, run.stderr)
    }
  }
  t.equal(ranOnStack.size, 6, 'db activity, locks, cancel, sizes, slots, replication')
})

const ranOnStack = new Set<string>()
/**
 * Returns true once for each `db` command: on a stack a person can only reach the database through tasks. The other commands run as tasks too,
 * so one check of each `db` command is enough.
 */
function onStack (args: string[]): boolean {
  const { name } = findCommand(args).command
  if (!name.startsWith('db ') || ranOnStack.has(name)) return false
  ranOnStack.add(name)
  return true
}

async function fill (fixture: Fixture, args: string[]): Promise<string[]> {
  const { command } = findCommand(args)
  const isPlaceholder = (word: string): boolean => /^[A-Z][A-Z0-9]+$/.test(word)
  return await Promise.all(args.map((word, index) => isPlaceholder(word) ? valueOf(fixture, command.name, word, args[index - 1]!) : word))
}

t.test('every address that the runbook calls responds', async t => {
  for (const command of commandsOf('curl')) {
    const { words } = command
    t.ok(words.slice(1, -1).every(word => ['-s', '-i'].includes(word)), where(command))
    const url = words.at(-1)!.replace('http://127.0.0.1:3000', fixture.ratesUrl).replace('http://127.0.0.1:3001', fixture.ingestionUrl)
    t.equal((await fetch(url)).status, 200, where(command))
  }
})

t.test('every other command of the runbook exists', async t => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
  for (const command of commandsOf('npm')) {
    const [, verb = '', script = ''] = command.words
    t.ok((verb === 'run' && script in scripts) || verb === 'start' || verb === 'test', where(command))
  }
  const { services } = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as { services: Record<string, { profiles?: string[] }> }
  const profiles = Object.values(services).flatMap(({ profiles = [] }) => profiles)
  for (const command of commandsOf('docker-compose')) {
    const [, ...words] = command.words
    while (words[0] === '--profile') t.ok(profiles.includes(words.splice(0, 2)[1]!), where(command))
    t.equal(problemOf(compose, words), undefined, where(command))
    const [verb, ...rest] = words
    const service = rest.filter((word, index) => !word.startsWith('-') && rest[index - 1] !== '--tail')[0]
    if (service !== undefined) t.ok(service in services || service === 'SERVICE', where(command))
    if (verb === 'run' && service === 'ops') t.doesNotThrow(() => findCommand(rest.slice(rest.indexOf('ops') + 1)), where(command))
  }
  for (const command of commandsOf('aws')) t.equal(problemOf(aws, command.words.slice(1)), undefined, where(command))
  for (const command of commandsOf('pulumi')) t.equal(problemOf(pulumi, command.words.slice(1)), undefined, where(command))
  const checked = ['npm', 'docker-compose', 'aws', 'pulumi', 'curl', 'node']
  t.same(all.filter(({ words: [program] }) => !checked.includes(program!)).map(where), [])
})
