import { setTimeout as wait } from 'node:timers/promises'
import { corruptProvider, idOf } from './batches.ts'
import { ageBrokenMessages } from './faults-processes.ts'
import type { Entry } from './history.ts'
import type { System } from './system.ts'

/**
 * Resolves when every batch and withdrawal has ended, or after the limit. The checker then reports those that have not. A batch that is left held
 * rests.
 */
export async function settle (system: System, history: readonly Entry[], seconds: number): Promise<void> {
  for (const service of system.all) if (!service.running()) service.start()
  const accepted = acceptedIn(history, 'submit') + acceptedIn(history, 'withdraw')
  const left = history.filter(entry => entry.type === 'batch').filter(({ whenHeld }) => whenHeld === 'leave').map(plan => idOf(plan))
  const until = performance.now() + seconds * 1_000
  for (let round = 1; performance.now() < until; round++) {
    await wait(500)
    const batches = await system.admin<Array<{ provider: string, hasEnded: boolean }>>`
      select provider, state in ('applied', 'rejected', 'discarded', 'withdrawn') or state = 'held' and id = any (${left}) as "hasEnded" from batches`
    const open = batches.filter(({ hasEnded }) => !hasEnded)
    if (open.length === 0 && batches.length >= accepted) return
    if (round % 12 !== 0 || !open.some(({ provider }) => provider === corruptProvider)) continue
    await system.emulator.kill('SIGKILL')
    ageBrokenMessages(system)
    await system.startEmulator()
  }
}

function acceptedIn (history: readonly Entry[], type: 'submit' | 'withdraw'): number {
  return new Set(history.flatMap(entry => entry.type === type && entry.status === 202 ? entry.batch : [])).size
}
