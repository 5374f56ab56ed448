import { userInfo } from 'node:os'
import { CommandError } from './command-error.ts'

/** The identity that runs a command, for the audit. */
export type Operator = {
  /** On AWS: the ARN of the identity that called `npm run ops -- --stack`, null if the task was started in another way. Otherwise: the user name. */
  caller: string | null
  /** ARN of the ECS task that this process runs in; null outside of ECS. CloudTrail's RunTask event has it too. */
  task: string | null
}

const identityArn = /^arn:aws[a-z-]*:(iam|sts)::\d{12}:[\x21-\x7e]{1,1024}$/
/** Maximum wait for the task metadata endpoint, in ms. */
const metadataMs = 5_000

/**
 * Reads the identity that runs this process. OPERATOR_ARN is used in an ECS task only: infra/commands/ops.ts sets it there. The
 * ARN of the task comes from the task metadata endpoint. ECS sets the address of that endpoint in every container, and overrides a
 * value of the caller. Throws CommandError.
 */
export async function readOperator (env: NodeJS.ProcessEnv = process.env): Promise<Operator> {
  const { ECS_CONTAINER_METADATA_URI_V4: metadataUri, OPERATOR_ARN: caller } = env
  if (!metadataUri) return { caller: userName(), task: null }
  if (caller && !identityArn.test(caller)) throw new CommandError('OPERATOR_ARN is not the ARN of an AWS identity.', 2)
  return { caller: caller || null, task: await taskArn(metadataUri) }
}

async function taskArn (metadataUri: string): Promise<string> {
  let reason = 'the response has no TaskARN'
  try {
    const response = await fetch(`${metadataUri}/task`, { signal: AbortSignal.timeout(metadataMs) })
    const { TaskARN: arn } = await response.json() as { TaskARN?: unknown }
    if (typeof arn === 'string' && arn.startsWith('arn:')) return arn
  } catch (error) {
    reason = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name
  }
  throw new CommandError(`The task metadata endpoint of ECS failed (${reason}), so the audit could not name this task. Nothing was changed: run the command again.`)
}

function userName (): string {
  try {
    return userInfo().username
  } catch { // the user id has no entry in the password file
    return `uid ${process.getuid?.()}`
  }
}
