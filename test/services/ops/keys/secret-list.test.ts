// `ops keys` on a secret of Secrets Manager, as `--stack` names it: concurrent changes by others, and lost responses.
import t, { type Test } from 'tap'
import { sha256 } from '../../../harness/ingestion-api.ts'
import { ops, type Run } from '../../../harness/ops.ts'
import { versionedSecret, type Act, type VersionedSecret } from '../../../harness/versioned-secret.ts'

type Entry = { provider: string, sha256: string, scopes: string[] }
const entry = (provider: string, key: string): Entry => ({ provider, sha256: sha256(key), scopes: ['submit', 'read'] })
const operator: Entry = { provider: 'operator', sha256: sha256('operator'), scopes: ['admin'] }

type Started = { secret: VersionedSecret, keys: (...args: string[]) => Promise<Run>, list: () => Entry[] }

async function start (t: Test, keys: object[] = [operator]): Promise<Started> {
  const secret = await versionedSecret(t, JSON.stringify(keys))
  return { secret, keys: (...args) => ops(['keys', ...args], secret.env), list: () => JSON.parse(secret.value()!) }
}

t.test('a key is printed once; the secret has its digest and no member that the previous release refuses', async t => {
  const { secret, keys, list } = await start(t)
  const run = await keys('add', 'acme', '--scope', 'submit')
  t.match(run, { code: 0, stdout: /^[\w-]{43}\n$/, stderr: '120 s' })
  const key = run.stdout.trim()
  t.notMatch(run.stderr, key)
  t.same(list(), [operator, entry('acme', key)])
  t.notMatch(secret.value('KEYS_CREATED'), key)
  t.match((await keys('list')).stdout, new RegExp(`^acme +submit,read +${sha256(key).slice(0, 8)} +\\d{4}-\\d\\d-\\d\\dT\\S+Z$\\n^operator +admin +\\w{8} +–$`, 'm'))
  t.match(await keys('revoke', sha256(key).slice(0, 8)), { code: 0, stdout: 'acme' })
  t.same(list(), [operator])
  t.same([...new Set(secret.calls)].sort(), ['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'], 'the rights that docs/aws.md names')
})

t.test('a list that another command changes between the read and the write loses no change', async t => {
  const { secret, keys, list } = await start(t, [operator, entry('old', 'old-key')])
  for (const action of ['PutSecretValue', 'UpdateSecretVersionStage']) {
    const others = [...list(), entry(action.toLowerCase(), action)]
    secret.beforeNext(action, () => {
      secret.put(JSON.stringify(others))
      return 'respond'
    })
    const run = await keys('add', 'acme', '--scope', 'rates')
    t.match(run, { code: 0 }, action)
    t.same(list(), [...others, { provider: 'acme', sha256: sha256(run.stdout.trim()), scopes: ['rates'] }])
  }
  const others = [...list(), entry('third', 'third')]
  secret.beforeNext('PutSecretValue', () => {
    secret.put(JSON.stringify(others))
    return 'respond'
  })
  t.match(await keys('revoke', sha256('old-key')), { code: 0 })
  t.same(list(), others.filter(({ provider }) => provider !== 'old'))
})

t.test('several concurrent changes', async t => {
  const { keys, list } = await start(t)
  const runs = await Promise.all(['a', 'b', 'c', 'd'].map(provider => keys('add', provider, '--scope', 'submit')))
  t.same(runs.map(({ code }) => code), [0, 0, 0, 0])
  t.same(new Set(list().map(({ sha256 }) => sha256)), new Set([operator.sha256, ...runs.map(({ stdout }) => sha256(stdout.trim()))]))
})

t.test('the response to the change is lost: it counts once, and the key is printed', async t => {
  const { secret, keys, list } = await start(t)
  await keys('add', 'first', '--scope', 'submit')
  const loseSecondResponse = (): 'respond' => {
    secret.beforeNext('UpdateSecretVersionStage', () => 'lose the response')
    return 'respond'
  }
  secret.beforeNext('UpdateSecretVersionStage', loseSecondResponse) // the first call moves the dates, the second the list
  const run = await keys('add', 'acme', '--scope', 'submit')
  t.match(run, { code: 0, stdout: /^[\w-]{43}\n$/ })
  t.same(list().filter(({ provider }) => provider === 'acme').map(({ sha256 }) => sha256), [sha256(run.stdout.trim())])
  secret.beforeNext('UpdateSecretVersionStage', loseSecondResponse)
  t.match(await keys('revoke', sha256(run.stdout.trim()).slice(0, 12)), { code: 0 })
  t.same(list().map(({ provider }) => provider), ['operator', 'first'])
})

/** Sets what happens with the next calls that move a label. A command that changes the times of the keys moves their label first. */
function moves (secret: VersionedSecret, [act, ...others]: Array<Act | (() => Act)>): void {
  if (act === undefined) return
  secret.beforeNext('UpdateSecretVersionStage', () => {
    moves(secret, others)
    return typeof act === 'string' ? act : act()
  })
}

// The client sends a call twice. If both responses are lost, the second is the response to its own retry.
t.test('both responses to the change are lost: the command reads the list again, which decides', async t => {
  for (const lost of ['lose the response', 'lose the call'] as const) {
    const { secret, keys, list } = await start(t)
    await keys('add', 'first', '--scope', 'submit')
    moves(secret, ['respond', lost, lost])
    const run = await keys('add', 'acme', '--scope', 'submit')
    t.match(run, { code: 0, stdout: /^[\w-]{43}\n$/ }, lost)
    t.same(list().filter(({ provider }) => provider === 'acme').map(({ sha256 }) => sha256), [sha256(run.stdout.trim())])
    moves(secret, ['respond', lost, lost])
    t.match(await keys('revoke', sha256(run.stdout.trim()).slice(0, 12)), { code: 0 })
    t.same(list().map(({ provider }) => provider), ['operator', 'first'])
  }
})

t.test('the response is lost and the list is unreadable: the output names the key that may be stored, and the command that removes it', async t => {
  const { secret, keys, list } = await start(t)
  await keys('add', 'first', '--scope', 'submit')
  const leave = (): Act => {
    secret.setUnavailable(true)
    return 'lose the call'
  }
  for (const stored of [true, false]) {
    // Stored: the label is moved before the connection is cut.
    moves(secret, ['respond', ...(stored ? ['lose the response' as const] : []), leave])
    const run = await keys('add', 'acme', '--scope', 'submit')
    secret.setUnavailable(false)
    t.match(run, { code: 1, stdout: '' }, 'a key that may not be stored is not printed')
    const [, digest = ''] = /`npm run ops -- keys revoke ([0-9a-f]{8})`/.exec(run.stderr) ?? []
    t.equal(digest.length, 8)
    t.same(list().filter(({ provider }) => provider === 'acme').map(({ sha256 }) => sha256.slice(0, 8)), stored ? [digest] : [])
    t.equal((await keys('list')).stdout.includes(digest), stored)
    if (!stored) continue

    moves(secret, ['respond', leave])
    t.match(await keys('revoke', digest), { code: 1, stdout: '', stderr: `npm run ops -- keys revoke ${digest}` })
    secret.setUnavailable(false)
    t.match(await keys('revoke', digest), { code: 0 })
    t.same(list().map(({ provider }) => provider), ['operator', 'first'])
  }
})

t.test('a change that is denied, or whose calls are all lost, fails', async t => {
  const { secret, keys, list } = await start(t, [operator, entry('old', 'old-key')])
  moves(secret, ['deny'])
  const before = secret.calls.length
  t.match(await keys('revoke', sha256('old-key')), { code: 1, stdout: '' })
  t.equal(secret.calls.slice(before).filter(action => action === 'PutSecretValue').length, 1)
  moves(secret, Array.from({ length: 20 }, () => 'lose the call' as const))
  t.match(await keys('revoke', sha256('old-key')), { code: 1, stdout: '', stderr: 'npm run ops -- keys list' })
  t.equal(list().length, 2)
})

t.test('a secret without a list of keys stays unchanged', async t => {
  for (const value of ['', '{"hush-hush": [', JSON.stringify([{ ...operator, 'hush-hush': 1 }]), JSON.stringify([entry('demo', 'development')])]) {
    const { secret, keys } = await start(t)
    secret.put(value)
    const run = await keys('add', 'acme', '--scope', 'submit')
    t.match(run, { code: 1, stdout: '', stderr: 'api-keys-stale' }, value)
    t.notMatch(run.stderr, /hush-hush|[0-9a-f]{64}/)
    t.equal(secret.value(), value)
  }
})

t.test('one key more than a secret can hold', async t => {
  const { keys, list } = await start(t, [operator, ...Array.from({ length: 560 }, (_, number) => entry(`p${number}`, `key-${number}`))])
  t.match(await keys('add', 'acme', '--scope', 'submit'), { code: 1, stdout: '', stderr: '65536' })
  t.equal(list().length, 561)
})
