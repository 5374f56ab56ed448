import { withdrawalId } from '../../../lib/batch/withdrawal.ts'
import type { Random } from '../../../lib/sample/random.ts'
import { idOf, type Plan } from './batches.ts'
import type { Clients } from './clients.ts'
import type { History } from './history.ts'
import type { System } from './system.ts'
import { withdraw, withdrawUntilResponse } from './withdraw.ts'

export type Corrector = {
  /** Withdraws this many batches now. */
  correct: (batches: number) => void
  /** Returns the withdrawals that were accepted. */
  accepted: () => ReturnType<Clients['accepted']>
  /** Resolves when each request is answered. */
  done: () => Promise<void>
}

/** Withdraws accepted batches for their providers, in whichever state they are: now and then one that was withdrawn before, and twice at once. */
export function openCorrector (
  system: System, plans: readonly Plan[], clients: Clients, history: History, random: Random, over: () => boolean
): Corrector {
  const withdrawn = new Set<number>()
  const accepted = new Map<number, ReturnType<Clients['accepted']>[number]>()
  const running: Array<Promise<unknown>> = []
  let due = 0

  function choose (): Plan | undefined {
    const again = random() < 0.2
    const some = clients.accepted().filter(({ batch }) => withdrawn.has(batch) === again)
    const at = random() < 0.3 ? 1 : random() // the latest one is queued or processed
    const chosen = some[Math.min(some.length - 1, Math.floor(at * some.length))]
    return chosen && plans[chosen.batch]
  }

  async function withdrawAndNote (plan: Plan): Promise<void> {
    const { batch, provider } = plan
    const status = await withdrawUntilResponse(system, history, plan, over)
    if (status === 202) accepted.set(batch, { batch, id: withdrawalId({ provider, id: idOf(plan) }), provider })
  }

  return {
    correct (batches) {
      for (due += batches; due >= 1; due--) {
        const [plan, twice] = [choose(), random() < 0.3]
        if (!plan) continue
        withdrawn.add(plan.batch)
        running.push(withdrawAndNote(plan))
        if (twice) running.push(withdraw(system, history, plan))
      }
    },
    accepted: () => [...accepted.values()],
    async done () { await Promise.all(running) },
  }
}
