import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prometheusRules } from '../../../observability/rules.ts'

type Series = { series: string, values: string }

/** Ten minutes without a request. */
const quiet = '0x40'
const requests = (service: string, status: string, values: string): Series =>
  ({ series: `freight_http_request_seconds_count{service="${service}", route="/rates", status="${status}"}`, values })
const slow = (values: string): Series[] => ['0.5', '1', '+Inf'].map(le =>
  ({ series: `freight_http_request_seconds_bucket{service="rates-api", route="/rates", le="${le}"}`, values: le === '0.5' ? '0x120' : values }))

/** The results of the rules for little traffic, one sample every 15 s. The traffic begins after ten minutes. */
const cases: Array<{ alert: string, what: string, input: Series[], fires: boolean }> = [
  ...['rates', 'ingestion'].flatMap(api => {
    const failed = (values: string): Series[] => [
      { series: `freight_http_server_errors_total{service="${api}-api"}`, values }, requests(`${api}-api`, '500', values),
    ]
    return [
      { alert: `${api}-errors`, what: 'one failed request at night', fires: false, input: failed(`${quiet} 1x80`) },
      { alert: `${api}-errors`, what: 'four failed requests of four', fires: false, input: failed(`${quiet} 1 2 3 4x77`) },
      { alert: `${api}-errors`, what: 'all of few requests', fires: true, input: failed(`${quiet} 1+1x80`) },
      { alert: `${api}-errors`, what: 'two in a hundred', fires: true, input: [...failed(`${quiet} 1+1x80`), requests(`${api}-api`, '200', `${quiet} 49+49x80`)] },
      { alert: `${api}-errors`, what: 'one in two hundred', fires: false, input: [...failed(`${quiet} 1+1x80`), requests(`${api}-api`, '200', `${quiet} 199+199x80`)] },
    ]
  }),
  ...[{ what: 'one slow request at night', values: '1x80', fires: false }, { what: 'all of few requests', values: '1+1x80', fires: true }].map(({ what, values, fires }) => ({
    alert: 'rates-latency', what, fires, input: [requests('rates-api', '200', `${quiet} ${values}`), ...slow(`${quiet} ${values}`)],
  })),
]

/** Runs `promtool test rules` on the rules of production. Throws with the output of promtool if a rule does not behave as the table says. */
export function testRules (folder: string): void {
  const rules = prometheusRules()
  writeFileSync(join(folder, 'rules-of-production.json'), JSON.stringify(rules))
  const tests = cases.map(({ alert, what, input, fires }) => {
    const { labels, annotations } = rules.groups[0]!.rules.find(rule => rule.alert === alert)!
    return {
      name: `${alert}: ${what}`, interval: '15s', input_series: input,
      alert_rule_test: [{ alertname: alert, eval_time: '14m30s', exp_alerts: fires ? [{ exp_labels: labels, exp_annotations: annotations }] : [] }],
    }
  })
  const file = join(folder, 'rules-test.json')
  writeFileSync(file, JSON.stringify({ rule_files: ['rules-of-production.json'], evaluation_interval: '15s', tests }))
  execFileSync('promtool', ['test', 'rules', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
