import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { alarms, type Alarm } from '../../observability/alarms.ts'
import { prometheusRules } from '../../observability/rules.ts'
import { testRules } from '../system/alarms/rule-tests.ts'

const ofRequests = Object.entries<Alarm>(alarms).filter(([, { prometheus, aws }]) =>
  aws?.shareOf !== undefined || aws?.statistic === 'p99' || / \/ sum\(increase|histogram_quantile/.test(prometheus?.expression ?? ''))

t.test('every alarm on a share of requests has a least number of events, in Prometheus and in CloudWatch', async t => {
  t.same(ofRequests.map(([name]) => name), ['rates-errors', 'rates-latency', 'ingestion-errors', 'gateway-errors'])
  const rules = prometheusRules().groups.flatMap(group => group.rules)
  for (const [name, { prometheus, aws }] of ofRequests) {
    t.ok(aws!.least!.count * aws!.mustBreach >= 5, `${name} on AWS`)
    if (!prometheus) continue
    t.ok(prometheus.least!.count >= 5, name)
    t.ok(rules.find(({ alert }) => alert === name)!.expr.endsWith(`) >= ${prometheus.least!.count}`), `${name} in the rule`)
  }
})

t.test('promtool: one failed request at night does not fire an alarm', { skip: hasPromtool() ? false : 'promtool is not installed; npm run drill:alarms runs the same' }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-test-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  t.doesNotThrow(() => testRules(folder))
})

function hasPromtool (): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
