import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { awsActions } from './aws-actions.ts'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const documents = ['aws.md', 'restoring.md', 'runbook.md']
const texts = new Map(documents.map(file => [file, read(`docs/${file}`)]))
const rights = JSON.parse(read('infra/bootstrap/rights.json')) as { Statement: Array<{ Action: string[] }> }
/** Actions of a person who runs or removes the bootstrap. */
const ofBootstrap = rights.Statement.flatMap(({ Action }) => Action)

/** Returns the commands of the AWS CLI that a document names anywhere: in blocks, tables, comments of a script. `wait` has a third word. */
const commandsIn = (text: string): string[] => [...new Set(
  [...text.matchAll(/(?<![\w/.@:-])aws ([a-z][a-z0-9-]* (?:wait )?[a-z][a-z0-9-]+)/g)].map(([, command]) => command!)
)]

/** Returns the actions that the table gives for a document. A row without a document belongs to the row above. */
function givenFor (document: string): string[] {
  const table = /^#### IAM actions of AWS CLI commands$([^]*?)^#+ /m.exec(texts.get('aws.md')!)?.[1] ?? ''
  let current = ''
  return [...table.matchAll(/^\| (.*?) ?\| (`.*?) \|/gm)].flatMap(([, what, actions]) => {
    const file = /\]\(([\w.]*)/.exec(what!)?.[1]
    if (file !== undefined) current = file || 'aws.md'
    return current === document ? [...actions!.matchAll(/`([a-z0-9-]+:\w+)`/g)].map(([, action]) => action!) : []
  })
}

t.test('docs/aws.md names the IAM actions of every documented command of the AWS CLI', async t => {
  const commands = documents.flatMap(file => commandsIn(texts.get(file)!))
  t.ok(commands.length > 40, `${commands.length} commands are found`)
  t.same([...new Set(commands)].filter(command => !(command in awsActions)), [], 'each command has its actions')
  t.same(Object.keys(awsActions).filter(command => !commands.includes(command)), [], 'each entry belongs to a command that a document shows')
  for (const file of documents) {
    const needed = [...new Set(commandsIn(texts.get(file)!).flatMap(command => awsActions[command] ?? []))]
    const given = givenFor(file)
    t.same(needed.filter(action => !given.includes(action) && !(file === 'aws.md' && ofBootstrap.includes(action))), [], `${file}: no action is missing`)
    t.same(given.filter(action => !needed.includes(action)), [], `${file}: no action without a command`)
  }
})
