import { setTimeout as wait } from 'node:timers/promises'
import type { Random } from '../../../lib/sample/random.ts'
import { databaseFaults } from './faults-database.ts'
import { connectionFaults } from './faults-connections.ts'
import { messageFaults } from './faults-messages.ts'
import { purgeFaults } from './faults-purges.ts'
import { restoreFaults, withRestores } from './faults-restores.ts'
import { processFaults } from './faults-processes.ts'
import type { History } from './history.ts'
import type { Fault, FaultContext } from './fault.ts'

/** Relative frequency of each kind. */
const kinds: Record<string, { weight: number, fault: Fault }> = {
  ...processFaults, ...databaseFaults, ...connectionFaults, ...messageFaults, ...purgeFaults, ...restoreFaults,
}

export const faultNames = Object.keys(kinds)

export type Planned = { name: string, pauseMs: number, dice: number[] }

/**
 * Returns the order of faults for a seed, with this many restores of the database. Each fault has its own random numbers, so that one fault does not
 * change the next.
 */
export function planFaults (count: number, restores: number, random: Random, pauseMs: number, names: readonly string[] = faultNames): Planned[] {
  const total = names.reduce((sum, name) => sum + kinds[name]!.weight, 0)
  const chosen = Array.from({ length: count }, () => {
    let at = random() * total
    return names.find(each => (at -= kinds[each]!.weight) < 0) ?? names[0]!
  })
  return withRestores(chosen, restores).map(name => {
    return { name, pauseMs: Math.floor(random() * 2 * pauseMs), dice: Array.from({ length: 6 }, () => random()) }
  })
}

export type Injection = Pick<FaultContext, 'system' | 'accepted' | 'more' | 'correct' | 'purge' | 'forget'> & {
  history: History
  /** Average number of batches that are sent with each fault. */
  batchesPerFault: number
  /** Average number of batches that are withdrawn with each fault. */
  withdrawalsPerFault: number
  over: () => boolean
}

/** Injects the faults in sequence, until none is left or `over` returns true. Resolves with their number. */
export async function injectFaults (planned: readonly Planned[], injection: Injection): Promise<number> {
  const { history, batchesPerFault, withdrawalsPerFault, over, ...common } = injection
  let injected = 0
  for (const { name, pauseMs, dice } of planned) {
    if (over()) break
    common.more(batchesPerFault)
    common.correct(withdrawalsPerFault)
    await wait(pauseMs)
    let next = 0
    const die = (): number => dice[next++ % dice.length]!
    const at = history.now()
    const result = await kinds[name]!.fault({
      ...common,
      pick: of => of[Math.floor(die() * of.length)]!,
      holdFor: (min, max) => wait(min + die() * (max - min)),
    }).catch((error: unknown) => ({ detail: `could not be injected: ${String(error)}` }))
    history.add({ type: 'fault', name, at, until: history.now(), detail: '', ...result })
    injected++
  }
  return injected
}
