import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { withDeadline } from '../../../lib/process/deadline.ts'
import type { Log } from '../../../lib/process/log.ts'

export type ProtectionOptions = {
  /** ECS_AGENT_URI, which ECS gives each task; undefined elsewhere. */
  agentUri?: string | undefined
  /** Time between two renewals, in seconds; a protection that is not renewed ends after three of them, to the next minute. */
  renewSeconds: number
  /** Longest wait for the agent, which itself gives up after four seconds, in milliseconds. @default 5000 */
  agentTimeoutMs?: number
  log: Log
  metrics: Metrics
}

export type Protection = {
  /** The task has a batch in hand until the returned function is called. Nothing waits for it. */
  acquire: () => () => void
  /** Resolves when a message may be received: at once, but while a deployment waits for the service's protected tasks. */
  receiveAllowed: () => Promise<void>
  /** Takes the protection away. */
  stop: () => Promise<void>
}

/** How long a worker is idle before it is unprotected: a backlog of small batches would else be two calls for each. */
const idleMs = 2_000
/** Longest wait for it at the end: ECS has decided by then. */
const stopTimeoutMs = 3_000

type AgentResponse = { failure?: { Reason?: string }, error?: { Code?: string } }

/**
 * Keeps ECS from stopping this task for a deployment or for having too many, while it has a batch in hand. A deployment that has
 * to wait shows in the answer: then what is in hand is finished and nothing more is received, until ECS has stopped the task or the
 * deployment waits no longer. An agent that fails, or is not there, never stops work: the task is then like any other, and a batch
 * that is not finished in time goes back to the queue.
 */
export function protectTask ({ agentUri, renewSeconds, agentTimeoutMs = 5_000, log, metrics }: ProtectionOptions): Protection {
  if (!agentUri) return { acquire: () => () => {}, receiveAllowed: async () => {}, stop: async () => {} }
  const address = `${agentUri}/task-protection/v1/state`
  let inFlight = 0
  let isOn = false
  let lastResult = 'off'
  let deploymentWait: PromiseWithResolvers<void> | null = null // while a deployment waits
  let calls: Promise<unknown> = Promise.resolve()
  const queued = new Set<boolean>() // calls that wait for the one before
  let idleTimer: NodeJS.Timeout | undefined
  const renewTimer = setInterval(() => requestProtection(inFlight > 0 || (deploymentWait !== null && !isOn)), renewSeconds * 1_000).unref()

  /** Calls are serialized; a stale call is skipped. One call of each kind waits at most, however slow the agent is. */
  function requestProtection (on: boolean): void {
    if (queued.has(on)) return
    queued.add(on)
    calls = calls.then(async () => {
      queued.delete(on)
      if (on ? inFlight === 0 && !deploymentWait : inFlight > 0 || !isOn) return
      await callAgent(on).catch(error => {
        isOn = true // it may be
        reportResult('failed', { reason: (error as Error).name })
        resumeReceiving()
      })
    })
  }

  async function callAgent (on: boolean): Promise<void> {
    const body = on ? { ProtectionEnabled: true, ExpiresInMinutes: Math.ceil(renewSeconds * 3 / 60) } : { ProtectionEnabled: false }
    const response = await fetch(address, {
      method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(agentTimeoutMs),
    })
    const { failure, error } = await response.json() as AgentResponse
    if (failure?.Reason === 'DEPLOYMENT_BLOCKED') {
      deploymentWait ??= Promise.withResolvers()
      reportResult('blocked')
      if (inFlight === 0) scheduleRelease()
      return
    }
    const failureReason = failure?.Reason ?? error?.Code ?? (response.ok ? undefined : `HTTP ${response.status}`)
    if (failureReason === undefined) isOn = on
    else if (!failure) isOn = true // it may be
    reportResult(failureReason === undefined ? (on ? 'on' : 'off') : 'failed', failureReason === undefined ? {} : { reason: failureReason })
    if (!on) return
    resumeReceiving()
    if (inFlight === 0) scheduleRelease()
  }

  /** Receiving goes on, where it had stopped. */
  function resumeReceiving (): void {
    deploymentWait?.resolve()
    deploymentWait = null
  }

  function scheduleRelease (): void {
    clearTimeout(idleTimer)
    idleTimer = setTimeout(requestProtection, deploymentWait ? 0 : idleMs, false).unref()
  }

  function reportResult (result: 'on' | 'off' | 'blocked' | 'failed', details: object = {}): void {
    metrics.count('freight_task_protection_calls_total', { result })
    if (result !== lastResult) log[result === 'failed' ? 'warn' : 'info']({ protection: result, ...details }, 'task protection')
    lastResult = result
  }

  return {
    acquire () {
      clearTimeout(idleTimer)
      if (inFlight++ === 0) requestProtection(true)
      return () => { if (--inFlight === 0) scheduleRelease() }
    },
    receiveAllowed: async () => { await deploymentWait?.promise },
    async stop () {
      clearInterval(renewTimer)
      clearTimeout(idleTimer)
      resumeReceiving()
      requestProtection(false)
      await withDeadline(calls, stopTimeoutMs).catch(() => {})
    },
  }
}
