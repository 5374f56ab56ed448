import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { withDeadline } from '../../../lib/process/deadline.ts'
import type { Log } from '../../../lib/process/log.ts'

export type ProtectionOptions = {
  /** ECS_AGENT_URI, which ECS gives each task; undefined elsewhere. */
  agentUri?: string | undefined
  /** Time between two renewals, in seconds; a protection that is not renewed ends after three of them, to the next minute. */
  renewSeconds: number
  /** Longest wait for the agent, which itself gives up after four seconds, in milliseconds. @default 5000 */
  answerMs?: number
  log: Log
  metrics: Metrics
}

export type Protection = {
  /** The task has a batch in hand until the returned function is called. Nothing waits for it. */
  hold: () => () => void
  /** Resolves when a message may be received: at once, but while a deployment waits for the service's protected tasks. */
  free: () => Promise<void>
  /** Takes the protection away. */
  end: () => Promise<void>
}

/** How long a worker is idle before it is unprotected: a backlog of small batches would else be two calls for each. */
const idleMs = 2_000
/** Longest wait for it at the end: ECS has decided by then. */
const endMs = 3_000

type Answer = { failure?: { Reason?: string }, error?: { Code?: string } }

/**
 * Keeps ECS from stopping this task for a deployment or for having too many, while it has a batch in hand. A deployment that has
 * to wait shows in the answer: then what is in hand is finished and nothing more is received, until ECS has stopped the task or the
 * deployment waits no longer. An agent that fails, or is not there, never stops work: the task is then like any other, and a batch
 * that is not finished in time goes back to the queue.
 */
export function protectTask ({ agentUri, renewSeconds, answerMs = 5_000, log, metrics }: ProtectionOptions): Protection {
  if (!agentUri) return { hold: () => () => {}, free: async () => {}, end: async () => {} }
  const address = `${agentUri}/task-protection/v1/state`
  let held = 0
  let isOn = false
  let told = 'off'
  let waiting: PromiseWithResolvers<void> | null = null // while a deployment waits
  let calls: Promise<unknown> = Promise.resolve()
  const due = new Set<boolean>() // calls that wait for the one before
  let idle: NodeJS.Timeout | undefined
  const ticks = setInterval(() => tell(held > 0 || (waiting !== null && !isOn)), renewSeconds * 1_000).unref()

  /** Calls are serialized; a stale call is skipped. One call of each kind waits at most, however slow the agent is. */
  function tell (on: boolean): void {
    if (due.has(on)) return
    due.add(on)
    calls = calls.then(async () => {
      due.delete(on)
      if (on ? held === 0 && !waiting : held > 0 || !isOn) return
      await put(on).catch(error => {
        isOn = true // it may be
        note('failed', { reason: (error as Error).name })
        go()
      })
    })
  }

  async function put (on: boolean): Promise<void> {
    const body = on ? { ProtectionEnabled: true, ExpiresInMinutes: Math.ceil(renewSeconds * 3 / 60) } : { ProtectionEnabled: false }
    const response = await fetch(address, {
      method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(answerMs),
    })
    const { failure, error } = await response.json() as Answer
    if (failure?.Reason === 'DEPLOYMENT_BLOCKED') {
      waiting ??= Promise.withResolvers()
      note('blocked')
      if (held === 0) rest()
      return
    }
    const wrong = failure?.Reason ?? error?.Code ?? (response.ok ? undefined : `HTTP ${response.status}`)
    if (wrong === undefined) isOn = on
    else if (!failure) isOn = true // it may be
    note(wrong === undefined ? (on ? 'on' : 'off') : 'failed', wrong === undefined ? {} : { reason: wrong })
    if (!on) return
    go()
    if (held === 0) rest()
  }

  /** Receiving goes on, where it had stopped. */
  function go (): void {
    waiting?.resolve()
    waiting = null
  }

  function rest (): void {
    clearTimeout(idle)
    idle = setTimeout(tell, waiting ? 0 : idleMs, false).unref()
  }

  function note (result: 'on' | 'off' | 'blocked' | 'failed', what: object = {}): void {
    metrics.count('freight_task_protection_calls_total', { result })
    if (result !== told) log[result === 'failed' ? 'warn' : 'info']({ protection: result, ...what }, 'protection of the task')
    told = result
  }

  return {
    hold () {
      clearTimeout(idle)
      if (held++ === 0) tell(true)
      return () => { if (--held === 0) rest() }
    },
    free: async () => { await waiting?.promise },
    async end () {
      clearInterval(ticks)
      clearTimeout(idle)
      go()
      tell(false)
      await withDeadline(calls, endMs).catch(() => {})
    },
  }
}
