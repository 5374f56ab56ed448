// `ops keys` on a file, as `npm start` writes it, with a running ingestion API that reads the file.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { aws } from '../../../harness/aws.ts'
import { database } from '../../../harness/database.ts'
import { sha256 } from '../../../harness/ingestion-api.ts'
import { ops, type Run } from '../../../harness/ops.ts'
import { startProcess } from '../../../harness/process.ts'
import { waitFor } from '../../../harness/wait.ts'

type File = {
  path: string
  env: Record<string, string>
  keys: (...args: string[]) => Promise<Run>
  list: () => Array<{ provider: string, sha256: string, scopes: string[] }>
}

function keyFile (t: Test, content: unknown = []): File {
  const path = join(t.testdir({ 'api-keys.json': typeof content === 'string' ? content : JSON.stringify(content) }), 'api-keys.json')
  const env = { API_KEYS_FILE: path, API_KEYS_SECONDS: '1', ENVIRONMENT: 'local' }
  return { path, env, keys: (...args) => ops(['keys', ...args], env), list: () => JSON.parse(readFileSync(path, 'utf8')) }
}

t.test('a running process accepts an added key and refuses a revoked one; an invalid file changes nothing', async t => {
  const [db, { env }] = await Promise.all([database(t), aws(t)])
  const file = keyFile(t)
  const api = await startProcess(t, 'ingestion-api', { ...env, ...file.env, DATABASE_URL: db.url('ingestion_api') })
  const status = async (key: string): Promise<number> => (await fetch(new URL('/batches', api.url), { headers: { authorization: `Bearer ${key}` } })).status

  const run = await file.keys('add', 'acme', '--scope', 'submit')
  const key = run.stdout.trim()
  t.match(run, { code: 0, stdout: /^[\w-]{43}\n$/, stderr: 'within 1 s' })
  await waitFor(async () => await status(key) === 200)
  t.equal(statSync(file.path).mode & 0o777, 0o600)
  t.notMatch(readFileSync(file.path, 'utf8') + api.output(), key)

  const good = readFileSync(file.path, 'utf8')
  writeFileSync(file.path, '{"hush-hush": [')
  await api.untilOutput('using the cached keys')
  t.equal(await status(key), 200)
  t.match(await file.keys('list'), { code: 1, stderr: 'api-keys-stale' })
  writeFileSync(file.path, good)
  const second = (await file.keys('add', 'acme', '--scope', 'submit')).stdout.trim()
  await waitFor(async () => await status(second) === 200)

  t.match(await file.keys('revoke', sha256(key).slice(0, 8)), { code: 0, stdout: 'acme' })
  await waitFor(async () => await status(key) === 401)
  t.equal(await status(second), 200)
})

t.test('list, and refused changes', async t => {
  const alike = [`${'ab'.repeat(4)}${'0'.repeat(56)}`, `${'ab'.repeat(4)}${'1'.repeat(56)}`]
  const file = keyFile(t, [
    ...alike.map((sha256, index) => ({ provider: `p${index}`, sha256, scopes: ['read'] })), { provider: 'demo', sha256: sha256('development'), scopes: ['submit'] },
  ])
  t.match(await file.keys('add', 'acme', '--scope', 'rates,admin'), { code: 0 })
  t.match(file.list().at(-1), { provider: 'acme', scopes: ['rates', 'admin'] })
  t.match((await file.keys('list')).stdout, /^acme +rates,admin +[0-9a-f]{8} +20\d\d-[^]*^p1 +read +abababab +–$/m)

  await file.keys('add', 'acme', '--scope', 'submit')
  const before = file.list()
  t.match(await file.keys('add', 'acme', '--scope', 'submit'), { code: 1, stdout: '', stderr: new RegExp(before.at(-1)!.sha256.slice(0, 8)) }, 'at most two')
  t.match(await file.keys('revoke', 'abababab'), { code: 1, stderr: new RegExp(alike.join('[^]*')) }, 'ambiguous')
  t.match(await file.keys('revoke', 'fedcba98'), { code: 1, stderr: 'fedcba98' })
  t.match(await file.keys('revoke', sha256('development').slice(0, 8)), { code: 1, stderr: 'npm start' })
  const pasted = await file.keys('revoke', 'wX0s-a-key-that-was-pasted-in-its-place')
  t.match(pasted, { code: 2 })
  t.notMatch(pasted.stderr, 'pasted-in')
  t.match(await file.keys('add', 'Acme Inc', '--scope', 'submit'), { code: 2, stderr: 'PROVIDER' })
  t.match(await file.keys('add', 'acme', '--scope', 'submit,toString'), { code: 2, stderr: 'toString' })
  t.match(await ops(['keys', 'list'], { DATABASE_URL: 'postgres://x@127.0.0.1:1/x' }), { code: 2, stderr: 'API_KEYS_FILE' })
  t.match(await ops(['keys', 'list'], { API_KEYS_FILE: `${file.path}.none` }), { code: 1, stderr: 'ENOENT' })
  t.same(file.list(), before)
  t.match(await file.keys('revoke', alike[1]!), { code: 0 })
  t.same(file.list(), before.filter(({ sha256 }) => sha256 !== alike[1]))
})

t.test('several concurrent changes: none is lost', async t => {
  const file = keyFile(t)
  const runs = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(provider => file.keys('add', provider, '--scope', 'submit')))
  t.same(new Set(file.list().map(({ sha256 }) => sha256)), new Set(runs.map(({ stdout }) => sha256(stdout.trim()))))
  t.equal(file.list().length, 6)
})
