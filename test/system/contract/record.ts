import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkOutRelease, makeRelease } from '../drill/release.ts'
import { startSystem } from '../drill/system.ts'
import { migrate, startTask } from '../drill/task.ts'
import { startApis } from './apis.ts'
import { makeDeadLetter } from './dead-letter.ts'
import { areas, readArea, type ExchangeResponse, type Exchange } from './exchange.ts'
import { format } from './format.ts'
import { replay } from './replay.ts'
import { generalize } from './template.ts'

/**
 * `node test/system/contract/record.ts [--from REVISION]`: starts a system of this code or of an earlier revision, sends all exchanges, and records
 * the responses of exchanges without one. A recorded response is never changed: delete the recording to record again.
 */
const { values: { from } } = parseArgs({ options: { from: { type: 'string' } } })
const folder = mkdtempSync(join(tmpdir(), 'freight-rates-contract-'))
mkdirSync(join(folder, 'releases'))
const release = from === undefined ? makeRelease(join(folder, 'releases'), '1.0.0', 0) : checkOutRelease(join(folder, 'releases'), '1.0.0', from)
const system = await startSystem(folder, [])
await migrate(release, system.migration)
const run = 'recorded'
const [apis, worker] = await Promise.all([
  startApis(release, system.environments, run), startTask(release, 'ingestion-worker', system.environments['ingestion-worker']),
])
const target = { urls: apis.urls, run, isOlder: from !== undefined, patienceMs: 30_000, deadLetter: (id: string) => makeDeadLetter(system.admin, system.environments['ingestion-api'], id) }
try {
  for (const name of areas()) {
    const area = readArea(name)
    const outcomes = await replay(target, name, area, (exchange, response, values) => {
      exchange.answer ??= recorded(exchange, generalize(response, values))
    })
    writeFileSync(join(import.meta.dirname, name), `${format(area)}\n`)
    for (const { name: exchange, differences } of outcomes) for (const difference of differences) console.log(`${name}: ${exchange}: ${difference}`)
  }
} finally {
  await Promise.all([apis.stop(), worker.stop(5_000)])
  await system.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** Returns the form of a body that is compared; for the document of an API its addresses, methods and statuses. */
function recorded ({ exact = false }: Exchange, { status, headers, json, csv, ndjson, lines }: ExchangeResponse): ExchangeResponse {
  const document = (json as { paths?: Paths } | undefined)?.paths
  const form = json !== undefined ? { json } : csv ? { csv } : ndjson ? { ndjson } : { lines }
  const body = exact ? { lines } : document ? { json: { paths: statusesOf(document) } } : form
  return JSON.parse(JSON.stringify({ status, headers, ...body })) as ExchangeResponse
}

type Paths = Record<string, Record<string, { responses: object }>>

function statusesOf (paths: Paths): object {
  const map = (from: object, to: (value: any) => unknown): object =>
    Object.fromEntries(Object.entries(from).map(([name, value]) => [name, to(value)]))
  return map(paths, methods => map(methods, ({ responses }) => ({ responses: map(responses, () => ({})) })))
}
