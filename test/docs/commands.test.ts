import t from 'tap'
import { documentedCommands } from './commands.ts'
import { aws, compose, problemOf, pulumi } from './known-options.ts'

const words = (markdown: string): string[][] => documentedCommands(markdown).map(({ words }) => words)

t.test('commands of a document', async t => {
  t.same(words('Run `npm run ops -- db cancel PID --why "two words"` or `db locks`.'), [['npm', 'run', 'ops', '--', 'db', 'cancel', 'PID', '--why', 'two words']])
  t.same(words('```sh\nexport A=1\nAPI_KEY=x npm test # a comment\ncurl -s http://x/ |\n  node -e "a | b"; pulumi up && aws \\\n  sts get-caller-identity\n```'),
    [['npm', 'test'], ['curl', '-s', 'http://x/'], ['node', '-e', 'a | b'], ['pulumi', 'up'], ['aws', 'sts', 'get-caller-identity']])
  t.same(words('`aws x --id "$(pulumi stack output a)" --to b`'), [['aws', 'x', '--id', '$(pulumi stack output a)', '--to', 'b'], ['pulumi', 'stack', 'output', 'a']])
  t.same(words('```sql\nnpm test\n```\n```\ngit status\n```'), [['git', 'status']], 'no command is in SQL')
  t.same(documentedCommands('a\n\n```sh\n\nnpm ci\n```\n`git log`').map(({ line }) => line), [5, 7])
})

t.test('unknown commands and options', async t => {
  t.equal(problemOf(aws, ['logs', 'tail', 'GROUP', '--since', '1h']), undefined)
  t.equal(problemOf(aws, ['ecs', 'stop-task', '--cluster', 'C', '--task', 'T', '--region', 'R']), undefined)
  t.match(problemOf(aws, ['logs', 'tail', '--since', '1h']), '0 operands')
  t.match(problemOf(aws, ['logs', 'tails', 'GROUP']), '"logs tails"')
  t.match(problemOf(aws, ['ecs', 'stop-task', '--tasks', 'T']), '--tasks')
  t.match(problemOf(aws, ['ecs', 'stop-task', '--task']), 'no value')
  t.equal(problemOf(pulumi, ['stack', 'output', 'a']), undefined)
  t.match(problemOf(pulumi, ['stack', 'outputs']), '"stack outputs"')
  t.equal(problemOf(compose, ['exec', 'ingestion-worker', 'node', '-e', 'x']), undefined)
  t.match(problemOf(compose, ['logs', '--tails', '50']), '--tails')
})
