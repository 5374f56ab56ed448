import type { Sql } from 'postgres'
import { batchesByPrefix } from '../../../lib/batch/records.ts'
import { CommandError } from '../command-error.ts'

/** Help text of the operand of a command that takes batch ids. */
export const idSummary = 'The id of a batch, or its first 8 or more characters if no other batch has them'

const maxCandidates = 10

/** Returns the complete ids. Throws CommandError for a prefix that no batch has or that several have; the caller has not acted yet. */
export async function findBatchIds (sql: Sql, given: readonly string[]): Promise<string[]> {
  const ids = new Set<string>()
  for (const id of given) ids.add(await findBatchId(sql, id))
  return [...ids]
}

/** Returns the complete id. An id of 64 characters is returned unchanged, whether a batch has it or not. */
export async function findBatchId (sql: Sql, given: string): Promise<string> {
  if (!/^[0-9a-f]{8,64}$/.test(given)) throw new CommandError(`"${given}" is not an id: an id has 64 characters of 0-9 and a-f, and the first 8 are enough.`, 2)
  if (given.length === 64) return given
  const found = await batchesByPrefix(sql, given, maxCandidates + 1)
  if (found.length === 1) return found[0]!.id
  if (found.length === 0) throw new CommandError(`There is no batch whose id begins with ${given}.`)
  const candidates = found.slice(0, maxCandidates).map(({ id, provider, state, accepted_at: at }) => `  ${id}  ${provider}  ${state}  ${at}`)
  throw new CommandError(`${given} is ambiguous. Batches whose id begins with it:\n${candidates.join('\n')}${found.length > maxCandidates ? '\n  and more' : ''}`)
}
