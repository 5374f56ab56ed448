import { parseArgs } from 'node:util'
import { hintOnNpm, takenByNpm, textOfTaken } from '../../lib/process/npm.ts'
import { runMain, Refused } from './pulumi.ts'
import { adopted } from './restore/adopt.ts'
import { stepsOf } from './restore/steps.ts'
import { exportState, importState } from './stack-state.ts'
import { isStackName } from '../stack-name.ts'

const help = `Usage: npm run restore -- --stack NAME --to TIME [--source IDENTIFIER]
       npm run restore -- --stack NAME --adopt RESOURCE_ID

--to TIME
    Prints the steps that restore the stack's database as of that time, as commands for bash with all names filled in. TIME is
    in UTC: 2026-11-22T10:00:00Z. Printing the steps changes nothing.
--source IDENTIFIER
    The instance or cluster that has the backups of that time, if it is not the current one. After an earlier restore that is
    the renamed one.
--adopt RESOURCE_ID
    One of the steps: sets the instance with this id (db-…) as the primary instance in the stack's state.

docs/restoring.md explains the steps. Needs \`pulumi\` on the path, logged in to the backend of its state.`

await runMain(async () => {
  const wrong = (problem: string): Refused => new Refused(`${problem}\n\n${help}`, 2)
  const text = { type: 'string' } as const
  const taken = takenByNpm('restore', ['stack', 'to', 'source', 'adopt'], process.argv.slice(2))
  if (taken !== undefined) throw new Refused(textOfTaken(taken, 'npm run restore -- --stack NAME …'), 2)
  let given
  try {
    given = parseArgs({ options: { stack: text, to: text, source: text, adopt: text, help: { type: 'boolean', short: 'h' } } }).values
  } catch (error) {
    throw wrong((error as Error).message)
  }
  const { stack, to, source, adopt } = given
  if (given.help) return console.log(help)
  if (!stack || !isStackName(stack)) throw wrong(`--stack takes the name of a stack.${hintOnNpm('restore')}`)
  if ((to === undefined) === (adopt === undefined)) throw wrong('Give either --to or --adopt.')
  if (adopt !== undefined) {
    const state = adopted(stack, await exportState(stack), adopt)
    if (!state) return console.log(`The state of "${stack}" already has ${adopt} as its primary.`)
    await importState(stack, state)
    return console.log(`The state of "${stack}" now has ${adopt} as its primary. Refresh the database with the next command.`)
  }
  const time = new Date(to!)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$/.test(to!) || Number.isNaN(time.getTime())) throw wrong('--to takes a time in UTC, as in 2026-11-22T10:00:00Z.')
  if (time > new Date()) throw wrong(`--to ${to} is in the future.`)
  if (source !== undefined && !/^[a-z][a-z0-9-]{0,62}$/.test(source)) throw wrong('--source takes the identifier of an instance or cluster.')
  console.log(stepsOf(stack, await exportState(stack), { to: time.toISOString().replace('.000Z', 'Z'), source, now: new Date() }))
})
