import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '../..')

/** Codes of rows and of AWS, and a variable of docker-compose. */
const notOurs = 'PRICES_MISSING DIGEST_MISMATCH NO_MANIFEST NO_TARGET INVALID_MANIFEST MANIFEST_VERSION INVALID_DECISION DECISION_VERSION NO_BATCH_ID CONNECT_TIMEOUT GRAFANA_PORT ' +
  'ERROR_CODE ERROR_MESSAGE SERVICE_DEPLOYMENT_FAILED SERVICE_TASK_START_IMPAIRED HOOK_AWAITING_ACTION'

t.test('every variable and metric in the runbook and the bottlenecks exists', async t => {
  const [{ definitions, processMetrics }, configuration] = await Promise.all([import('../../lib/metrics/definitions.ts'), readFile(join(root, 'docs/configuration.md'), 'utf8')])
  for (const name of ['runbook', 'bottlenecks']) {
    const text = await readFile(join(root, 'docs', `${name}.md`), 'utf8')
    for (const [metric] of text.matchAll(/\b(freight|nodejs|process)_[a-z_0-9]+\b/g)) {
      t.ok(metric in definitions || (processMetrics as readonly string[]).includes(metric), `${name}: ${metric}`)
    }
    for (const [, variable] of text.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)) t.match(configuration + notOurs, variable!, `${name}: ${variable}`)
  }
})
