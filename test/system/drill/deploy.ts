import { setTimeout as pause } from 'node:timers/promises'
import type { Balancer, Group } from './balancer.ts'
import type { Task } from './task.ts'

export const strategies = ['all-at-once', 'canary', 'linear'] as const
export type Strategy = typeof strategies[number]

/** Shares of production traffic that the new release gets, in sequence, in percent. */
const steps: Record<Strategy, number[]> = { 'all-at-once': [100], canary: [10, 100], linear: [25, 50, 75, 100] }

export type Timing = {
  /** Longest time until the new tasks are healthy. */
  healthyMs: number
  /** How long each step is observed. */
  stepMs: number
  /** How long the old tasks keep running after the last step, so that a rollback needs no start. */
  bakeMs: number
  /** Longest time for requests in flight when their task is drained. */
  drainMs: number
}

export type Live = { group: Group, tasks: Task[] }
export type Outcome = { live: Live, rolledBack: string | null, taskExits: string[] }

export type Deployment = {
  balancer: Balancer
  old: Live
  start: () => Promise<Task[]>
  name: string
  /** Sends test traffic to an address. Failures count for the alarm. */
  test: (url: string) => Promise<unknown>
  strategy: Strategy
  timing: Timing
  log: (text: string) => void
}

/** The alarm is raised if failures exceed this share of a group's responses, from `fewest` responses on. */
const alarm = { share: 0.01, fewest: 20 }

/**
 * Performs a blue/green deployment as ECS does: start, healthy, test traffic, production traffic in steps, bake. Then the old tasks are drained and
 * get SIGTERM. A failure before that ends the new tasks in the same way.
 */
export async function deploy ({ balancer, old, start, name, test, strategy, timing, log }: Deployment): Promise<Outcome> {
  const tasks = await start()
  const green: Live = { group: balancer.add(name, tasks.map(({ url }) => url)), tasks }
  try {
    await healthy(green)
    log(`${name}: healthy, takes test traffic`)
    balancer.test(green.group)
    await test(balancer.testUrl)
    quiet(green.group)
    for (const percent of steps[strategy]) {
      balancer.route([{ group: green.group, weight: percent }, { group: old.group, weight: 100 - percent }])
      log(`${name}: has ${percent} % of production traffic`)
      await watch(green.group, percent === 100 ? timing.bakeMs : timing.stepMs)
    }
  } catch (error) {
    balancer.route([{ group: old.group, weight: 100 }])
    log(`${name}: rolled back: ${(error as Error).message}`)
    return { live: old, rolledBack: (error as Error).message, taskExits: await retire(green) }
  }
  return { live: green, rolledBack: null, taskExits: await retire(old) }

  async function healthy ({ group }: Live): Promise<void> {
    const until = performance.now() + timing.healthyMs
    while (group.targets.some(target => !target.healthy)) {
      if (performance.now() > until) throw new Error('not healthy in time')
      if (tasks.some(task => !task.running())) throw new Error('a task exited by itself')
      await pause(20)
    }
  }

  async function watch (group: Group, ms: number): Promise<void> {
    const until = performance.now() + ms
    while (performance.now() < until) {
      quiet(group)
      await pause(20)
    }
  }

  async function retire ({ group, tasks }: Live): Promise<string[]> {
    const cut = await balancer.drain(group, timing.drainMs)
    const exits = await Promise.all(tasks.map(task => task.stop()))
    log(`${group.name}: drained${cut > 0 ? `, ${cut} requests cut` : ''}, exit codes ${exits.join(', ')}`)
    return exits
  }
}

/** Throws if the alarm is raised. */
function quiet ({ responses, failed }: Group): void {
  if (responses >= alarm.fewest && failed > responses * alarm.share) throw new Error(`alarm: ${failed} of ${responses} responses failed`)
}
