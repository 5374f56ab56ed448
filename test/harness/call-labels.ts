import type { Labels } from './tcp-proxy.ts'

/**
 * Labels each commit of a PostgreSQL client as `commit`, and each COPY of rows that are merged as `merge`. The driver prepares a statement once
 * per connection and then executes it by name. The labels therefore follow the protocol messages.
 */
export function commits (): Labels {
  let rest: Buffer = Buffer.alloc(0)
  let skip = 0
  let started = false
  const statements = new Set<string>()

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
      if ('PBQ'.includes(type) && type !== '' && length < 10_000) {
        if (rest.length < length) break
        const texts = rest.toString('latin1', 5, length).split('\0')
        if (isCommit(type, texts)) found.add('commit')
        if (type !== 'B' && texts.some(text => text.startsWith('copy merged_prices'))) found.add('merge')
      }
      skip = length
      started = true
    }
    return [...found]
  }

  function isCommit (type: string, [first = '', second = '']: string[]): boolean {
    if (type === 'P' && /^commit/i.test(second)) statements.add(first)
    return type === 'B' ? statements.has(second) : type === 'Q' && /(^|; )commit/i.test(first)
  }
}

const calls: Record<string, string> = {
  'AmazonSQS.SendMessage': 'send',
  'AmazonSQS.DeleteMessage': 'delete',
  'PUT /freight-payloads/batches/': 'manifest',
  'PUT /freight-payloads/pending/': 'pending',
  'GET /freight-payloads/incoming/': 'payload',
}

/** Labels the start of each call to the store or the queue. */
export const awsCalls = (): Labels => chunk => Object.keys(calls).filter(text => chunk.includes(text)).map(text => calls[text]!)
