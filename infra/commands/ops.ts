import { takenByNpm, textOfTaken } from '../../lib/process/npm.ts'
import { readArguments } from '../../services/ops/arguments.ts'
import type { Command } from '../../services/ops/command.ts'
import { CommandError } from '../../services/ops/command-error.ts'
import { commands, findCommand } from '../../services/ops/commands.ts'
import { requestedHelp } from '../../services/ops/help.ts'
import { runCommand } from '../../services/ops/run.ts'
import type { OneOffTask } from '../run-task.ts'
import { namedOrLocalSystem } from './local-system.ts'
import { readPulumiJson, runMain, Refused } from './pulumi.ts'
import { isStackName } from '../stack-name.ts'

const [args, stack] = takeStack(process.argv.slice(2))

await runMain(async () => {
  refuseIfNpmTookOptions()
  if (stack === undefined) process.exitCode = await runLocally(args, {})
  else if (!isStackName(stack)) throw new Refused('--stack takes the name of a stack: npm run ops -- --stack NAME COMMAND', 2)
  else process.exitCode = await runOnStack(stack, args)
})
process.exit()

/** Throws Refused if npm took an option of the command, or --stack: without it the command would work on another system. */
function refuseIfNpmTookOptions (): void {
  if (args.length === 0 || requestedHelp(args) !== undefined) return
  const words = args.slice(0, 2).join(' ')
  const command = commands.find(({ name }) => name === words || name === args[0])
  const taken = takenByNpm('ops', ['stack', ...Object.keys(command?.options ?? {})], process.argv.slice(2))
  if (taken !== undefined) throw new Refused(textOfTaken(taken, `npm run ops -- ${taken === 'stack' ? '--stack NAME …' : `${command!.name} …`}`), 2)
}

/** Runs a command that needs the database as a task beside the database. A command that needs a local file or secret runs in this process. */
async function runOnStack (stack: string, args: string[]): Promise<number> {
  if (args.length === 0 || requestedHelp(args) !== undefined) return await runLocally(args, {})
  const command = checkUsage(args)
  const { oneOffTasks, batchesUrl, payloadBucket, apiKeysSecret } = await readPulumiJson('stack', 'output', '--stack', stack) as StackOutputs
  if (!oneOffTasks || !batchesUrl || !payloadBucket) throw new Refused(`The stack "${stack}" is not up: \`pulumi up --stack ${stack}\` creates it.`)
  const task = newest(oneOffTasks.ops)
  if (command.name.startsWith('keys ')) {
    if (!apiKeysSecret) throw new Refused(`The stack "${stack}" has no output apiKeysSecret.`)
    // The key is created in this process, because a task would write the key into its log. An empty variable counts as not set.
    return await runLocally(args, { API_KEYS_SECRET: apiKeysSecret, AWS_REGION: task.region, API_KEYS_FILE: '', API_KEYS_SECONDS: '' })
  }
  if (command.runs === 'terminal') {
    if (!process.env.API_KEY) throw new Refused('API_KEY is not set. It is the key of the provider that sends the batch.', 2)
    return await runLocally(args, { INGESTION_API_URL: batchesUrl })
  }
  const [{ readCallerArn }, { runTask }, { copyFiles }] = await Promise.all([import('./caller.ts'), import('../run-task.ts'), import('./copied-files.ts')])
  const caller = await readCallerArn(task.region)
  const files = await copyFiles(command, args, { bucket: payloadBucket, region: task.region })
  console.error(`Runs as a task of "${stack}" for ${caller}. The first line of its log arrives after about a minute.`)
  try {
    const { exitCode, reason } = await runTask(task, {
      command: ['node', 'services/ops/main.ts', ...files.args], environment: { OPERATOR_ARN: caller }, onLog: line => console.log(line),
    })
    if (exitCode === undefined) throw new Refused(`The task did not run: ${reason}`)
    return exitCode
  } finally {
    await files.remove()
  }
}

type StackOutputs = { oneOffTasks?: { ops: OneOffTask }, batchesUrl?: string, payloadBucket?: string, apiKeysSecret?: string }

/**
 * Returns the task with the family of its definition, of which ECS takes the newest revision. During a deployment, and after a
 * failed one, the outputs name the previous release's revision, whose database login may be another.
 */
function newest (task: OneOffTask): OneOffTask {
  const [, family = task.taskDefinition] = /([^/:]+):\d+$/.exec(task.taskDefinition) ?? []
  return { ...task, taskDefinition: family }
}

/** Finds the command and reads its arguments, so that wrong usage is reported before a task starts. */
function checkUsage (args: string[]): Command {
  try {
    const { command, rest } = findCommand(args)
    readArguments(command, rest)
    return command
  } catch (error) {
    throw error instanceof CommandError ? new Refused(error.message, error.exitCode) : error
  }
}

/** Runs the command in this process, on the system that `variables` and this process's own variables name. */
async function runLocally (args: string[], variables: Record<string, string>): Promise<number> {
  Object.assign(process.env, variables)
  return await runCommand(args, namedOrLocalSystem)
}

/** Splits `--stack NAME` or `--stack=NAME` off the command. */
function takeStack (args: string[]): [rest: string[], stack: string | undefined] {
  const [first = ''] = args
  if (first === '--stack') return [args.slice(2), args[1] ?? '']
  if (first.startsWith('--stack=')) return [args.slice(1), first.slice('--stack='.length)]
  return [args, undefined]
}
