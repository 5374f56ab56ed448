import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { aws } from '../../harness/aws.ts'
import { childEnvironment } from '../../harness/child-environment.ts'
import { database } from '../../harness/database.ts'
import { testKeys } from '../../harness/ingestion-api.ts'
import { startProcess } from '../../harness/process.ts'

t.test('the acceptance suite, against processes on this queue and store', async t => {
  const [db, { env }] = await Promise.all([database(t), aws(t)])
  const [rates, ingestion] = await Promise.all([
    startProcess(t, 'rates-api', { DATABASE_URL: db.url('rates_api') }),
    startProcess(t, 'ingestion-api', { ...env, DATABASE_URL: db.url('ingestion_api'), API_KEYS: JSON.stringify(testKeys) }),
    startProcess(t, 'ingestion-worker', { ...env, DATABASE_URL: db.url('ingestion_worker'), RECEIVE_SECONDS: '1' }),
  ])
  const { code, lines } = await acceptance([
    '--rates', rates.url, '--ingestion', ingestion.url, '--key', 'demo-key', '--other-key', 'other-key', '--admin-key', 'operator-key', '--month', '2021-06',
  ])
  const checks = lines.filter(line => /^[✓✗-] /.test(line))
  for (const check of checks) t.match(check, /^✓/)
  t.ok(checks.length > 20)
  t.equal(code, 0, lines.join('\n'))
})

function acceptance (args: string[]): Promise<{ code: number | null, lines: string[] }> {
  return new Promise(resolve => {
    const child = execFile(process.execPath, [join(import.meta.dirname, '../acceptance/run.ts'), ...args], { env: childEnvironment },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, lines: (stdout + stderr).trimEnd().split('\n') }))
  })
}
