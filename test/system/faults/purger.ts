import { setTimeout as wait } from 'node:timers/promises'
import type { Random } from '../../../lib/sample/random.ts'
import { idOf, type Plan } from './batches.ts'
import type { Clients } from './clients.ts'
import type { FaultContext } from './fault.ts'
import type { History } from './history.ts'
import { operate, type Run, type Trap } from './operate.ts'
import type { System } from './system.ts'

export type Purger = {
  purge: FaultContext['purge']
  /** Resolves when each batch is purged. */
  done: () => Promise<void>
}

/** Tries of the command for one batch. Each fault of the suite ends long before. */
const tries = 60

/**
 * Purges accepted batches as an operator does, in whichever state they are: now and then one that was purged before. A command that was killed or has
 * failed is repeated while the next faults are injected.
 */
export function openPurger (system: System, plans: readonly Plan[], clients: Clients, history: History, random: Random): Purger {
  const purged = new Set<number>()
  let last: Promise<unknown> = Promise.resolve()

  function choose (): Plan | undefined {
    const again = random() < 0.15
    const some = clients.accepted().filter(({ batch }) => purged.has(batch) === again && plans[batch]!.kind !== 'corrupt')
    const at = random() < 0.3 ? 1 : random() // the latest one is queued or processed
    const chosen = some[Math.min(some.length - 1, Math.floor(at * some.length))]
    return chosen && plans[chosen.batch]
  }

  async function run (plan: Plan, trap?: Trap): Promise<Run> {
    const at = history.now()
    const result = await operate(system, ['batches', 'purge', idOf(plan), '--why', 'test'], trap)
    history.add({ type: 'purge', batch: plan.batch, at, until: history.now(), code: result.code })
    return result
  }

  async function repeat (plan: Plan): Promise<void> {
    for (let left = tries; left > 0 && (await run(plan)).code !== 0; left--) await wait(500)
  }

  return {
    async purge (trap) {
      await last
      const plan = choose()
      if (!plan) return null
      purged.add(plan.batch)
      const { code, isKilled } = await run(plan, trap)
      if (code !== 0) last = repeat(plan)
      return { isKilled, batch: plan.batch }
    },
    done: async () => { await last },
  }
}
