import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prometheusRules, type RuleTiming } from '../../../observability/rules.ts'
import { freePort } from '../../harness/free-port.ts'
import { waitFor } from '../../harness/wait.ts'
import { testRules } from './rule-tests.ts'

export type Alert = { name: string, state: 'pending' | 'firing', value: number }

export type Prometheus = {
  alerts: () => Promise<Alert[]>
  /** Returns the present number of series of a query. Throws if Prometheus cannot parse the query. */
  series: (query: string) => Promise<number>
  version: string
  stop: () => Promise<void>
}

/** Starts a real Prometheus that scrapes the targets every second, with our rules at another interval. promtool checks the rules first. */
export async function startPrometheus (folder: string, targets: string[], pace: RuleTiming): Promise<Prometheus> {
  const data = join(folder, 'prometheus')
  mkdirSync(data, { recursive: true })
  const [rules, config] = [join(folder, 'rules.json'), join(folder, 'prometheus.json')]
  writeFileSync(rules, JSON.stringify(prometheusRules(pace)))
  writeFileSync(config, JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.json'],
    scrape_configs: [{ job_name: 'freight-rates', static_configs: [{ targets }] }],
  }))
  const version = /version ([\d.]+)/.exec(run('prometheus', ['--version']))![1]!
  run('promtool', ['check', 'rules', join(import.meta.dirname, '../../../observability/local/prometheus/rules.json')])
  run('promtool', ['check', 'config', config])
  testRules(folder)

  const port = await freePort()
  const child = spawn('prometheus', [`--config.file=${config}`, `--storage.tsdb.path=${data}`, `--web.listen-address=127.0.0.1:${port}`, '--log.level=error'], { stdio: 'inherit' })
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const base = `http://127.0.0.1:${port}`
  await waitFor(() => fetch(`${base}/-/ready`).then(({ ok }) => ok, () => false))

  async function callApi (path: string): Promise<any> {
    const { status, data, error } = await (await fetch(base + path)).json() as { status: string, data: unknown, error?: string }
    if (status !== 'success') throw new Error(`${path}: ${error}`)
    return data
  }
  return {
    version,
    async alerts () {
      const { alerts } = await callApi('/api/v1/alerts') as { alerts: Array<{ labels: { alertname: string }, state: Alert['state'], value: string }> }
      return alerts.map(({ labels, state, value }) => ({ name: labels.alertname, state, value: Number(value) }))
    },
    series: async query => (await callApi(`/api/v1/query?query=${encodeURIComponent(query)}`)).result.length,
    async stop () {
      child.kill('SIGTERM')
      await exited
    },
  }
}

function run (program: string, args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error(`The drill needs ${program}: on Debian and Ubuntu \`apt-get install prometheus\`, on other systems https://prometheus.io/download`)
  }
}
