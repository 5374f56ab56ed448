import type { Actor } from '../../lib/batch/actor.ts'
import { CommandError } from './command-error.ts'
import { readOperator } from './operator.ts'

/** Options that several commands take. */
export const limit = { type: 'string', value: 'N', summary: 'Maximum number of rows, 1 to 9999', default: '50' } as const
export const why = { type: 'string', value: 'TEXT', summary: 'The reason, stored in the audit', required: true } as const
export const by = { type: 'string', value: 'NAME', summary: 'Who requested it, for the audit: added to the AWS identity or the user who runs the command' } as const
export const provider = { type: 'string', value: 'NAME', summary: 'Only batches of this provider' } as const

/**
 * Returns who runs this command, for the audit table. `--by` sets the name; the AWS identity (`caller`) and the ECS task (`task`) are
 * recorded in any case.
 */
export async function actorOf ({ why, by }: { why: string, by: string | undefined }): Promise<Actor> {
  const { caller, task } = await readOperator()
  return { name: by ?? caller ?? task ?? 'unknown', reason: why, caller, task }
}

export function readLimit (text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new CommandError('--limit must be a number from 1 to 9999.', 2)
  return Number(text)
}
