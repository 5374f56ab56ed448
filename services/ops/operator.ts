import { userInfo } from 'node:os'
import { CommandError } from './command-error.ts'

/** Who runs a command: for the audit. */
export type Operator = {
  /** On AWS the ARN of the identity that called `npm run ops -- --stack`, null where the task was started otherwise. Elsewhere the user's name. */
  caller: string | null
  /** ARN of the ECS task that this process runs in; null outside of ECS. CloudTrail's RunTask event has it too. */
  task: string | null
}

const identityArn = /^arn:aws[a-z-]*:(iam|sts)::\d{12}:[\x21-\x7e]{1,1024}$/
/** Longest wait for the task metadata endpoint, in milliseconds. */
const metadataMs = 5_000

/**
 * Reads who runs this process. OPERATOR_ARN counts in an ECS task alone: infra/commands/ops.ts sets it there. The task's ARN comes from
 * the task metadata endpoint, whose address ECS puts into every container over whatever the caller gave. Throws CommandError.
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
