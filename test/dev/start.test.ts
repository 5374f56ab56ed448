import { spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import t, { type Test } from 'tap'
import { findProcesses, type FoundProcess } from '../../dev/processes/find.ts'
import { runningSystem } from '../../dev/running-system.ts'
import { childEnvironment } from '../harness/child-environment.ts'
import { freePort } from '../harness/free-port.ts'
import { fileLimitMs } from '../harness/patience.ts'
import { clone, runProgram, stateFolder, until, watch, type Running } from './program.ts'

t.setTimeout(fileLimitMs)

const { stateDir, state } = stateFolder(t)
const [ratesPort, ingestionPort] = [await freePort(), await freePort()]
const env = { STATE_DIR: stateDir, RATES_API_PORT: String(ratesPort), INGESTION_API_PORT: String(ingestionPort), HOME: process.env.HOME ?? '/' }
const ratesApi = `http://127.0.0.1:${ratesPort}`
const ingestionApi = `http://127.0.0.1:${ingestionPort}`

const programs = {
  'rates-api': /services\/rates-api\/main\.ts/,
  'ingestion-api': /services\/ingestion-api\/main\.ts/,
  'ingestion-worker': /services\/ingestion-worker\/main\.ts/,
  emulator: /dev\/emulator\/main\.ts/,
  postgres: /bin\/postgres -D /,
  watchdog: /watchdog/,
}
type Name = keyof typeof programs

const start = (t: Test): Running => runProgram(t, 'dev/start.ts', [], env)
const find = (name: Name): FoundProcess | undefined => findProcesses(state).find(({ command }) => programs[name].test(command))
const rates = async (): Promise<Array<{ day: string, count: number | null, price: number | null }>> => {
  const response = await fetch(`${ratesApi}/rates?date_from=2021-01-01&date_to=2021-01-31&orig_code=CNGGZ&dest_code=EETLL`)
  return (await response.json() as { rates: [] }).rates
}

const statusOf = async (key: string): Promise<number> => (await fetch(`${ingestionApi}/batches`, { headers: { authorization: `Bearer ${key}` } })).status
let ownKey = ''

t.test('killed while it creates its data folder, it leaves no process running and no unfinished folder', async t => {
  const first = start(t)
  await until('initdb runs', () => findProcesses(state).some(({ command }) => command.includes('initdb')))
  first.child.kill('SIGKILL')
  await until('all have exited', () => findProcesses(state).length === 0)
})

t.test('the first start: every service responds, the sample is applied', async t => {
  const system = start(t)
  await system.line(/^ready/)
  const output = system.output()
  t.match(output, /^sample +applied: 56,928 prices/m)
  t.match(output, new RegExp(`curl '${ratesApi}/rates\\?date_from=2021-01-01&date_to=2021-01-31&orig_code=CNGGZ&dest_code=EETLL'`))
  t.match(output, /Authorization: Bearer development/)
  t.notMatch(output, /warn|error|Warning/i)
  const days = await rates()
  t.equal(days.length, 31)
  t.match(days[0], { day: '2021-01-31', count: 3, price: 1154.3333333333333 })
  t.match(days[1], { day: '2021-01-30', count: 2, price: null })

  await t.test('environment and logins of the running system; a second start and a reset are refused', async t => {
    const { environment, addresses } = runningSystem({ STATE_DIR: stateDir })
    t.match(environment, { ENVIRONMENT: 'local', PAYLOAD_BUCKET: 'freight-payloads', DATABASE_URL: /^postgres:\/\/ops:/ })
    t.same([addresses.ratesApi, addresses.ingestionApi], [ratesApi, ingestionApi])
    t.match(await (await fetch(`${addresses.worker}/ready`)).json(), { status: 'ready' })
    const activity = runProgram(t, 'infra/commands/ops.ts', ['db', 'activity'], env)
    t.match(await activity.exit(), { code: 0 })
    for (const login of ['rates_api', 'ingestion_api', 'ingestion_worker']) t.match(activity.output(), new RegExp(`^${login.replace('_', '-')}@\\S+ +${login} `, 'm'))
    const other = start(t)
    t.match(await other.exit(), { code: 1 })
    t.match(other.output(), /Another `npm start` .* is running \(process \d+\)/)
    const reset = runProgram(t, 'dev/start.ts', ['--reset'], env)
    t.match(await reset.exit(), { code: 1 }, 'no file is deleted while it runs')
    t.match(reset.output(), /Another `npm start` .* is running/)
    const neighbour = runProgram(t, 'dev/start.ts', [], { ...env, STATE_DIR: stateFolder(t).stateDir })
    t.match(await neighbour.exit(), { code: 1 })
    t.match(neighbour.output(), new RegExp(`^Port ${ratesPort} is in use.*RATES_API_PORT.*; port ${ingestionPort} .*INGESTION_API_PORT`, 'm'))
  })

  await t.test('a custom key, in the state folder', async t => {
    const { environment } = runningSystem({ STATE_DIR: stateDir })
    t.equal(statSync(environment.API_KEYS_FILE!).mode & 0o777, 0o600)
    const added = runProgram(t, 'infra/commands/ops.ts', ['keys', 'add', 'acme', '--scope', 'submit'], env)
    t.match(await added.exit(), { code: 0 })
    ownKey = /^\S+$/m.exec(added.output())![0]
    t.notMatch(readFileSync(environment.API_KEYS_FILE!, 'utf8'), ownKey)
    await until('the key is accepted', async () => await statusOf(ownKey) === 200)
  })

  await t.test('each of its processes is restarted after a kill -9', async t => {
    for (const name of Object.keys(programs) as Name[]) {
      const { pid } = find(name)!
      process.kill(pid, 'SIGKILL')
      await system.line(new RegExp(`^${name} +was killed by SIGKILL: restarting`))
      await system.line(new RegExp(`^${name} +ready after a restart`))
      t.not(find(name)!.pid, pid, name)
    }
    for (const { pid, role } of findProcesses(state)) if (role !== 'watchdog') killed(pid)
    for (const address of [ratesApi, ingestionApi, runningSystem({ STATE_DIR: stateDir }).addresses.worker]) {
      await until(`${address} is ready`, async () => (await fetch(`${address}/ready`).catch(() => undefined))?.ok ?? false)
    }
    t.equal((await rates()).length, 31)
    const batch = await fetch(`${ingestionApi}/batches`, {
      method: 'POST', headers: { authorization: 'Bearer development', 'content-type': 'text/csv' }, body: 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-17,1000\n',
    })
    t.equal(batch.status, 202)
    await until('a batch is applied', async () => (await rates()).find(({ day }) => day === '2021-01-17')?.count === 1)
  })

  system.child.kill('SIGTERM')
  t.same(await system.exit(), { code: 0, signal: null })
  t.same(findProcesses(state), [])
  t.throws(() => runningSystem({ STATE_DIR: stateDir }), { message: /npm start/ })
})

t.test('the second start has the data; a kill -9 of the supervisor ends every process; the fourth clears the rest, and resets', async t => {
  const second = start(t)
  await second.line(/^sample .*applied before/)
  await second.line(/^ready/)
  t.equal((await rates()).find(({ day }) => day === '2021-01-17')?.count, 1)
  t.same([await statusOf(ownKey), await statusOf('development')], [200, 200], 'keys of the first start')
  const sample = /\/batches\/[0-9a-f]{64}/.exec(second.output())![0]
  const withdrawn = await fetch(ingestionApi + sample, { method: 'DELETE', headers: { authorization: 'Bearer development', prefer: 'wait=20' } })
  t.match(await withdrawn.json(), { state: 'withdrawn' })
  second.child.kill('SIGKILL')
  await until('all have exited', () => findProcesses(state).length === 0)
  t.throws(() => runningSystem({ STATE_DIR: stateDir }), { message: /npm start/ })

  const third = start(t)
  await third.line(/^sample .*withdrawn/)
  await third.line(/^ready/)
  killed(find('watchdog')!.pid)
  third.child.kill('SIGKILL') // both at once: no process is left to end the others
  t.match(await third.exit(), { signal: 'SIGKILL' })
  t.ok(find('postgres'))

  const fourth = spawn('npm', ['start', '--', '--reset'], { cwd: clone, env: { ...childEnvironment, ...env, SAMPLE_DATA: 'off' }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const npm = watch(t, fourth)
  await npm.line(/^cleared +\d+ processes of an earlier run stopped/)
  await npm.line(/^reset +the data in .* was deleted/)
  await npm.line(/^ready/)
  t.equal((await rates()).find(({ day }) => day === '2021-01-17')?.count, null, 'the batches of the earlier runs are deleted')
  fourth.kill('SIGTERM')
  const { code, signal } = await npm.exit()
  t.ok(code === 0 || code === 143 || signal === 'SIGTERM', 'npm exits')
  await until('all have exited', () => findProcesses(state).length === 0)
})

function killed (pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {} // a backend exits with its postmaster
}
