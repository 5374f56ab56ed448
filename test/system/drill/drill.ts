import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openBalancer } from './balancer.ts'
import { deploy, type Live, type Strategy, type Timing } from './deploy.ts'
import { checkLedger } from './ledger.ts'
import { crosser } from './crossing.ts'
import { fileSender } from './files.ts'
import { openLoad, tester } from './load.ts'
import { checkOutRelease, makeRelease, versionAt, type Release } from './release.ts'
import { roll } from './rolling.ts'
import { mistakes, type Round } from './rounds.ts'
import { release as currentVersion } from '../../../lib/process/release.ts'
import { waitLimitMs } from '../../harness/patience.ts'
import { openSideBySide } from './side-by-side.ts'
import { corrector } from './waiting.ts'
import type { Summary } from './summary.ts'
import { keyOf, startSystem } from './system.ts'
import { migrate, startTask, type Program, type Task } from './task.ts'

export type DrillOptions = {
  /** Revision of the first release. Without it the first release is this code, and the contract is not replayed. */
  from?: string | undefined
  rounds: Round[]
  strategy: Strategy | 'rolling'
  /** `DRAIN_MS` of the APIs. */
  drainMs?: number
  /** Number of requests before the drill ends. */
  requests: number
  /** Number of tasks of each API, and of workers. */
  scale: number
  readers: number
  providers: number
  timing: Timing
  log?: (text: string) => void
}

const signals = ['SIGINT', 'SIGTERM'] as const

/** Deploys release after release under load. Each round migrates and deploys both APIs and the worker. A bad release is rolled back. */
export async function drill (options: DrillOptions): Promise<Summary> {
  const { from, rounds, strategy, drainMs = 0, requests, scale, readers, providers, timing, log = () => {} } = options
  const startedAt = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-drill-'))
  const names = Array.from({ length: providers }, (_, index) => `provider-${index + 1}`)
  const system = await startSystem(folder, [...names, tester, crosser, corrector, fileSender])
  const balancers = { 'rates-api': await openBalancer(), 'ingestion-api': await openBalancer() }
  const addresses = { rates: balancers['rates-api'].productionUrl, ingestion: balancers['ingestion-api'].productionUrl }
  const load = openLoad(addresses, keyOf, from !== undefined)
  const besides = openSideBySide(system, timing.healthyMs, load.sent)
  const all = new Set<Task>()
  const exitCodes: Record<string, number> = {}
  const summary: Summary['rounds'] = []
  const apis = ['rates-api', 'ingestion-api'] as const
  const live = {} as Record<typeof apis[number], Live>
  let workers: Task[] = []

  const start = async (release: Release, program: Program, round: Round): Promise<Task[]> => {
    const env = { ...system.environments[program], DRAIN_MS: String(drainMs), ...mistakes[round][program] }
    const tasks = await Promise.all(Array.from({ length: scale }, () => startTask(release, program, env)))
    for (const task of tasks) all.add(task)
    return tasks
  }

  /** Starts new workers beside the old workers, which finish their batches and exit. */
  async function deployWorkers (release: Release, round: Round): Promise<string | null> {
    const next = await start(release, 'ingestion-worker', round)
    const ready = await Promise.all(next.map(task => task.ready(timing.healthyMs)))
    const isGood = ready.every(Boolean)
    const stopped = await Promise.all((isGood ? workers : next).map(task => task.stop()))
    for (const exitCode of stopped) count(exitCodes, exitCode)
    log(`ingestion-worker ${release.version}: ${isGood ? 'in place' : 'rolled back'}; the others exited with ${stopped.join(', ')}`)
    if (isGood) workers = next
    return isGood ? null : 'not healthy in time'
  }

  async function deployApi (program: typeof apis[number], release: Release, round: Round): Promise<string | null> {
    const what = {
      balancer: balancers[program], old: live[program], start: () => start(release, program, round), name: `${program} ${release.version}`, timing, log,
    }
    const { live: now, rolledBack, taskExits } = strategy === 'rolling'
      ? await roll(what)
      : await deploy({ ...what, strategy, test: load.tests[program] })
    live[program] = now
    for (const exitCode of taskExits) count(exitCodes, exitCode)
    return rolledBack
  }

  /** Deploys the ingestion API after the workers: old workers do not know the names under which the new API accepts. */
  async function deployAll (release: Release, round: Round, workersAreNew = async (): Promise<void> => {}): Promise<Array<string | null>> {
    await migrate(release, system.migration)
    const workers = deployWorkers(release, round)
    return await Promise.all([
      deployApi('rates-api', release, round),
      workers.then(workersAreNew).then(() => deployApi('ingestion-api', release, round)),
      workers,
    ])
  }

  const reached = async (share: number): Promise<void> => { while (load.count() < requests * share) await pause(20) }

  async function stop (): Promise<void> {
    await Promise.all([...all].filter(task => task.running()).map(task => task.stop(5_000)))
    await Promise.all(Object.values(balancers).map(balancer => balancer.close()))
    await system.stop()
    rmSync(folder, { recursive: true, force: true })
  }

  const interrupted = (): void => { stop().finally(() => process.exit(1)) }
  for (const signal of signals) process.once(signal, interrupted)
  try {
    // All releases are made now, from the same state of the code.
    const first = from === undefined ? makeRelease(folder, versionOf(0), 0) : checkOutRelease(folder, versionAt(from), from)
    const releases = rounds.map((_, index) => makeRelease(folder, versionOf(index + 1), index + 1))
    await migrate(first, system.migration)
    for (const program of apis) {
      const tasks = await start(first, program, 'good')
      live[program] = { group: balancers[program].add(`${program} ${first.version}`, tasks.map(({ url }) => url)), tasks }
      balancers[program].route([{ group: live[program].group, weight: 100 }])
    }
    workers = await start(first, 'ingestion-worker', 'good')
    for (const task of all) if (!await task.ready(waitLimitMs)) throw new Error(`a task of the first release is not ready:\n${task.output()}`)
    load.start({ readers, providers: names })
    if (from !== undefined) await besides.before(first)
    const besidesAt = rounds.indexOf('good')
    for (const [index, round] of rounds.entries()) {
      await reached((index + 1) / (rounds.length + 2))
      const release = releases[index]!
      log(`round ${index + 1}: ${release.version}, ${round}, with a migration; ${load.count()} requests so far`)
      const outcomes = await (from !== undefined && index === besidesAt
        ? besides.during(first, release, workers, workersAreNew => deployAll(release, round, workersAreNew))
        : deployAll(release, round))
      const isBad = (program: Program): boolean => mistakes[round][program] !== undefined
      const wrong = [...apis, 'ingestion-worker' as const].some((program, at) => isBad(program) !== (outcomes[at] !== null))
      summary.push({ round, version: release.version, outcome: outcomes.map(outcome => outcome ?? 'deployed').join('; '), wrong })
    }
    await reached(1)
    await load.stop()
    await settled(system.admin, load.sent.length)
    const ledger = await checkLedger(system.admin, load.sent, besides.crossings)
    const failures = [...load.failures, ...besides.failures]
    const hasPassed = besides.contractHolds() && failures.length === 0 && ledger.wrong.length === 0 && summary.every(({ wrong }) => !wrong) &&
      load.corrections.withdrawn > 0 && load.corrections.replaced > 0 && load.workbooks.accepted > 0 &&
      Object.keys(exitCodes).every(exitCode => exitCode === '0')
    return {
      requests: load.requests, failures, rounds: summary, exitCodes, states: load.states, ledger, hasPassed,
      corrections: load.corrections, workbooks: load.workbooks, crossings: besides.crossings, contract: besides.contract,
      seconds: Math.round((performance.now() - startedAt) / 1_000),
    }
  } finally {
    for (const signal of signals) process.off(signal, interrupted)
    await stop()
  }
}

/** Returns the version of this code with another patch number. */
const versionOf = (index: number): string => currentVersion.replace(/\d+$/, patch => String(Number(patch) + index))

function count (counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

/** Waits until the batches of the tests are final too, which no client follows. The ledger reports those that are not. */
async function settled (sql: Awaited<ReturnType<typeof startSystem>>['admin'], batches: number): Promise<void> {
  const until = performance.now() + waitLimitMs
  while (performance.now() < until) {
    const [row] = await sql`select count(*)::int as final from batches
      where state in ('applied', 'validated', 'withdrawn') and mode <> 'withdraw'
        and provider <> ${crosser} and not starts_with(provider, 'contract-')`
    if (row!.final >= batches) return
    await pause(100)
  }
}
