import type { Sql } from 'postgres'

/**
 * Turns a final batch into a dead letter: ten failing deliveries would take minutes. A dead letter has no decision in the store. The emulator
 * requires no signature.
 */
export async function makeDeadLetter (sql: Sql, { AWS_ENDPOINT_URL, PAYLOAD_BUCKET }: Record<string, string>, id: string): Promise<void> {
  const { ok } = await fetch(`${AWS_ENDPOINT_URL}/${PAYLOAD_BUCKET}/decisions/${id}.json`, { method: 'DELETE' })
  if (!ok) throw new Error(`the decision about batch ${id} cannot be deleted`)
  await sql`update batches set state = 'dead_lettered', finished_at = null, dead_lettered_at = now(), reason = 'CONTRACT: made for the contract' where id = ${id}`
}
