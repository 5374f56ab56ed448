import { randomUUID } from 'node:crypto'
import { startApis } from '../contract/apis.ts'
import { makeDeadLetter } from '../contract/dead-letter.ts'
import { areas, readArea } from '../contract/exchange.ts'
import { replay, type Target } from '../contract/replay.ts'
import { compareReleases } from '../../../lib/process/release.ts'
import { waitLimitMs } from '../../harness/patience.ts'
import { crosser, openCrossing, type Crossing } from './crossing.ts'
import { fileSender, sendFilesBesideOldWorkers } from './files.ts'
import type { Failure } from './load.ts'
import type { Sent } from './sent.ts'
import type { Release } from './release.ts'
import { keyOf, type System } from './system.ts'
import { migrate, startTask, type Task } from './task.ts'
import { correctBesideOldWorkers, corrector } from './waiting.ts'

/** The differences between a release's responses and the recordings of test/system/contract. */
export type ContractOutcome = { release: string, exchanges: number, differences: string[] }

/**
 * Opens the checks that run beside the deployment of the second release, if the first release is an earlier revision. Adds batches that must have the
 * state at the end to `sent`.
 */
export function openSideBySide (system: System, readyMs: number, sent: Sent[]) {
  const contract: ContractOutcome[] = []
  const crossings: Crossing[] = []
  const failures: Failure[] = []

  /** Replays the contract against the first release alone. */
  async function before (first: Release): Promise<void> {
    contract.push(await replayContract(system, first, { isOlder: true }))
  }

  /**
   * Sends files to both releases, before, during and after the deployment, and then replays the contract against both at once. `deploy` calls its
   * argument after the new workers are deployed and before the new ingestion API is. `workers` are the old ones: they hand back corrections and
   * files of new formats.
   */
  async function during<T> (
    first: Release, second: Release, workers: readonly Task[], deploy: (workersAreNew: () => Promise<void>) => Promise<T>
  ): Promise<T> {
    await migrate(second, system.migration)
    const apis = await Promise.all([first, second].map(release => startTask(release, 'ingestion-api', system.environments['ingestion-api'])))
    try {
      for (const api of apis) if (!await api.ready(readyMs)) throw new Error(`an API beside the others is not ready:\n${api.output()}`)
      const crossing = openCrossing({ old: apis[0]!.url, new: apis[1]!.url }, keyOf(crosser), crossings, failures)
      const sendAgain = await crossing.begin()
      const output = (): string => workers.map(task => task.output()).join('\n')
      const handedBack = (): boolean => output().includes('batch of a newer release')
      const isBefore = (release: string): boolean => compareReleases(first.version, release) < 0
      const corrected = isBefore('0.3.0') &&
        await correctBesideOldWorkers({ old: apis[0]!.url, new: apis[1]!.url }, keyOf(corrector), handedBack, sent, failures)
      const applied = isBefore('0.4.0') && await sendFilesBesideOldWorkers(apis[1]!.url, keyOf(fileSender), output, sent, failures)
      await crossing.besideOldWorkers()
      let passing = Promise.resolve()
      const deployed = await deploy(async () => {
        await sendAgain()
        passing = crossing.pass('during the deployment', false)
      })
      await passing
      await crossing.pass('after the deployment', true)
      if (corrected) await corrected()
      if (applied) await applied()
      contract.push(...await Promise.all([
        replayContract(system, first, { isOlder: true, hasNewerWorkers: true }), replayContract(system, second, { isRepeated: true }),
      ]))
      return deployed
    } finally {
      await Promise.all(apis.map(api => api.stop()))
    }
  }

  return { before, during, contract, crossings, failures, contractHolds: () => contract.every(({ differences }) => differences.length === 0) }
}

/** Replays the contract against APIs of a release that are started for it, with the running workers. */
async function replayContract (
  { environments, admin }: System, release: Release, which: Pick<Target, 'isOlder' | 'hasNewerWorkers' | 'isRepeated'> = {}
): Promise<ContractOutcome> {
  const run = randomUUID().slice(0, 8)
  const apis = await startApis(release, environments, run)
  try {
    const target = { urls: apis.urls, run, ...which, patienceMs: waitLimitMs, deadLetter: (id: string) => makeDeadLetter(admin, environments['ingestion-api'], id) }
    const outcomes = []
    for (const name of areas()) outcomes.push(...await replay(target, name, readArea(name)))
    const differences = outcomes.flatMap(({ area, name, differences }) => differences.map(text => `${area}, ${name}: ${text}`))
    return { release: release.version, exchanges: outcomes.length, differences }
  } finally {
    await apis.stop()
  }
}
