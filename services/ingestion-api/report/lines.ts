import type { Readable } from 'node:stream'
import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import type { ReportedError } from '../../../lib/batch/report/reported-error.ts'

/**
 * Yields the errors of each chunk of a report, and yields to the event loop between chunks. Without this, a report that has already arrived would
 * be converted to its end before another request is handled.
 */
export async function * errorGroups (report: Readable): AsyncGenerator<ReportedError[]> {
  for await (const lines of lineGroups(report)) {
    yield lines.map(line => JSON.parse(line) as ReportedError)
    await yieldToEventLoop()
  }
}

/** Splits by line feed only. node:readline also splits at U+2028, which JSON allows within strings. */
async function * lineGroups (text: Readable): AsyncGenerator<string[]> {
  let rest = ''
  for await (const piece of text.setEncoding('utf8')) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop()!
    if (lines.length > 0) yield lines
  }
  if (rest) yield [rest]
}
