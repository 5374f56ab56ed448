import type { Labels } from './tcp-proxy.ts'

const commit = /^commit/i
/** A message that commits, in which the last statement takes batches back. */
const correction = /insert into withdrawn_batches.*; commit/is
/** The statement of a merging step between those that move its rows and those that add its sums. */
const merge = /^\s*delete from merged_sums/
/** The statement of a purge that removes rows. */
const removal = /^\s*with deleted as \(\s*delete from unmerged_prices/
/** Bytes of a message that are read: the names of a statement and its portal, and the beginning of its text. */
const readBytes = 10_000

/**
 * Labels each commit of a PostgreSQL client as `commit`, one that takes batches back as `correction` too, each merging step that has moved its
 * rows as `merge`, and each statement that removes prices for ever as `removal`. The driver prepares a statement once per connection and then
 * executes it by name. The labels therefore follow the protocol messages.
 */
export function commits (): Labels {
  let rest: Buffer = Buffer.alloc(0)
  let skip = 0
  let started = false
  const statements = new Map<string, string>()

  return chunk => {
    const found = new Set<string>()
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    for (;;) {
      const skipped = Math.min(skip, rest.length)
      rest = rest.subarray(skipped)
      skip -= skipped
      const head = started ? 5 : 4 // the first message has no type
      if (skip > 0 || rest.length < head) break
      const type = started ? String.fromCharCode(rest[0]!) : ''
      const length = rest.readInt32BE(head - 4) + head - 4
      if ('PBQ'.includes(type) && type !== '') {
        const end = Math.min(length, readBytes)
        if (rest.length < end) break
        for (const label of labelsOf(type, rest.toString('latin1', 5, end).split('\0'))) found.add(label)
      }
      skip = length
      started = true
    }
    return [...found]
  }

  function labelsOf (type: string, [first = '', second = '']: string[]): string[] {
    if (type === 'B') return statements.has(second) ? [statements.get(second)!] : []
    if (type === 'Q') return [...(/(^|; )commit/i.test(first) ? ['commit'] : []), ...(correction.test(first) ? ['correction'] : [])]
    for (const [label, text] of Object.entries({ commit, merge, removal })) if (text.test(second)) statements.set(first, label)
    return []
  }
}

const calls: Record<string, string> = {
  'AmazonSQS.SendMessage': 'send',
  'AmazonSQS.DeleteMessage': 'delete',
  'PUT /freight-payloads/batches/': 'manifest',
  'PUT /freight-payloads/pending/': 'pending',
  'GET /freight-payloads/incoming/': 'payload',
  'PUT /freight-payloads/purges/': 'purge note',
  'DELETE /freight-payloads/incoming/': 'payload deleted',
}

/** Labels the start of each call to the store or the queue. */
export const awsCalls = (): Labels => chunk => Object.keys(calls).filter(text => chunk.includes(text)).map(text => calls[text]!)
