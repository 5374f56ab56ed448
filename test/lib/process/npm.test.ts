import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { takenByNpm } from '../../../lib/process/npm.ts'
import { childEnvironment } from '../../harness/child-environment.ts'

const root = join(import.meta.dirname, '../../..')

/** Runs the real npm, in a folder of the clone. */
function npm (args: string[], env: Record<string, string> = {}, cwd = root): Promise<{ code: number | null, stdout: string, stderr: string }> {
  return new Promise(resolve => {
    const child = execFile('npm', args, { cwd, env: { ...childEnvironment, PATH: process.env.PATH!, HOME: '/nonexistent', ...env } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }))
    child.stdin?.end()
  })
}

t.test('an option that npm takes for itself is refused, and nothing is done', async t => {
  const api = { INGESTION_API_URL: 'http://127.0.0.1:49151', API_KEY: 'x' }
  const submit = ['batches', 'submit', 'sql/reference/ports.csv']
  t.match(await npm(['run', 'ops', ...submit, '--dry-run'], api), { code: 2, stderr: /npm took --dry-run for itself.*`npm run ops -- batches submit …`/ })
  t.match(await npm(['run', 'ops', '--', ...submit, '--dry-run'], api), { code: 1, stderr: 'ECONNREFUSED' }, 'after -- the command has it')
  t.match(await npm(['run', 'ops', '--', ...submit], api), { code: 1, stderr: 'ECONNREFUSED' })
  t.match(await npm(['run', 'ops', '--', ...submit, '--dry-run'], { ...api, npm_config_dry_run: 'true' }), { code: 1, stderr: 'ECONNREFUSED' }, 'set for npm as well')
  t.match(await npm(['run', 'ops', 'batches', 'waiting', '--stack', 'prod'], api), { code: 2, stderr: '`npm run ops -- --stack NAME …`' })
  t.match(await npm(['run', 'ops', 'batches', 'replay', '--dry-run'], api), { code: 2, stderr: 'npm took --dry-run' })
  t.match(await npm(['run', 'ops', 'batches', 'dead-letter', '12345678'], api), { code: 2, stderr: 'npm passes options to the command only after `--`' })
  t.match(await npm(['run', 'stack', 'up', 'copy', '--days', '3']), { code: 2, stderr: 'takes one name. npm passes options to the command only after `--`' }, 'npm reads -d -a -y -s')
  t.match(await npm(['run', 'stack', 'list', '--expired']), { code: 2, stderr: 'npm took --expired for itself' })
  t.match(await npm(['run', 'restore', '--stack', 'prod']), { code: 2, stderr: 'npm took --stack for itself' })
  t.match(await npm(['start', '--reset'], { STATE_DIR: join(t.testdir(), 'state') }), { code: 2, stderr: '`npm start -- --reset`' })
})

t.test('a file is relative to the folder in which npm was called', async t => {
  const env = { INGESTION_API_URL: 'http://127.0.0.1:49151', API_KEY: 'x', DATABASE_URL: 'postgres://ops@127.0.0.1:49151/x' }
  const folder = join(root, 'sql/reference')
  t.match(await npm(['run', 'ops', '--', 'batches', 'submit', 'ports.csv'], env, folder), { code: 1, stderr: 'The ingestion API cannot be reached: ECONNREFUSED' })
  t.match(await npm(['run', 'ops', '--', 'batches', 'submit', 'sql/reference/ports.csv'], env, folder), { code: 1, stderr: 'sql/reference/ports.csv cannot be read: ENOENT' })
  t.match(await npm(['run', 'ops', '--', 'reference', 'load', '--ports', 'ports.csv'], env, folder), { code: 1, stderr: 'ECONNREFUSED' })
})

t.test('npm\'s own configuration counts only in the script that npm started', async t => {
  const env = { npm_lifecycle_event: 'ops', npm_config_dry_run: 'true', npm_config_rows: '' }
  t.equal(takenByNpm('ops', ['dry-run', 'rows'], [], env), 'dry-run')
  t.equal(takenByNpm('ops', ['rows'], [], env), undefined, 'npm sets its own options to an empty text if they are off')
  t.equal(takenByNpm('ops', ['dry-run'], ['--dry-run'], env), undefined)
  t.equal(takenByNpm('ops', ['dry-run'], [], { ...env, npm_lifecycle_event: 'test' }), undefined)
  t.equal(takenByNpm('ops', ['dry-run'], [], { ...env, npm_lifecycle_event: undefined }), undefined)
})
