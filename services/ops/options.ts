import { userInfo } from 'node:os'
import { CommandError } from './command.ts'

/** Options that several commands take. */
export const limit = { type: 'string', value: 'N', summary: 'The most rows that are shown, 1 to 9999', default: '50' } as const
export const why = { type: 'string', value: 'TEXT', summary: 'The reason: the audit keeps it.', required: true } as const
export const by = { type: 'string', value: 'NAME', summary: 'Who does it, for the audit; without it the name of the user' } as const
export const provider = { type: 'string', value: 'NAME', summary: 'Batches of this provider alone' } as const

export const actorOf = ({ why, by }: { why: string, by: string | undefined }): { name: string, reason: string } =>
  ({ name: by ?? userInfo().username, reason: why })

export function readLimit (text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new CommandError('--limit is a number from 1 to 9999.', 2)
  return Number(text)
}
