import { setTimeout as pause } from 'node:timers/promises'
import type { Balancer } from './balancer.ts'
import type { Live, Outcome, Timing } from './deploy.ts'
import type { Task } from './task.ts'

/**
 * Replaces a release in the same group, without blue/green: new tasks join, and the old tasks get SIGTERM while the balancer still sends to them.
 * The balancer learns of the change only from their health checks.
 */
export async function roll ({ balancer, old, start, name, timing, log }: {
  balancer: Balancer, old: Live, start: () => Promise<Task[]>, name: string, timing: Timing, log: (text: string) => void
}): Promise<Outcome> {
  const { group } = old
  const before = group.targets
  const tasks = await start()
  const joined = balancer.join(group, tasks.map(({ url }) => url))
  const until = performance.now() + timing.healthyMs
  while (joined.some(target => !target.healthy) && performance.now() < until) await pause(20)
  const isGood = joined.every(target => target.healthy)
  log(`${name}: ${isGood ? 'healthy, the others get SIGTERM' : 'not healthy in time'}`)
  const taskExits = await Promise.all((isGood ? old.tasks : tasks).map(task => task.stop()))
  group.targets = isGood ? joined : before
  return isGood ? { live: { group, tasks }, rolledBack: null, taskExits } : { live: old, rolledBack: 'not healthy in time', taskExits }
}
