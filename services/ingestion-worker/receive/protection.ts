import type { Metrics } from '../../../lib/metrics/metrics.ts'
import { withDeadline } from '../../../lib/process/deadline.ts'
import type { Log } from '../../../lib/process/log.ts'

export type ProtectionOptions = {
  /** ECS_AGENT_URI, which ECS sets in each task; undefined outside ECS. */
  agentUri?: string | undefined
  /** Time between two renewals, in seconds. Protection expires after three of these intervals without a renewal, rounded up to a minute. */
  renewSeconds: number
  /** Longest wait for the agent, in milliseconds. The agent itself times out after four seconds. @default 5000 */
  agentTimeoutMs?: number
  log: Log
  metrics: Metrics
}

export type Protection = {
  /** Marks a batch as in flight until the returned function is called. Does not wait for the agent. */
  acquire: () => () => void
  /** Resolves when a message may be received: at once, except while a deployment waits for protected tasks of the service. */
  receiveAllowed: () => Promise<void>
  /** Removes the protection. */
  stop: () => Promise<void>
}

/** Idle time before task protection is removed, in ms. Without it, a backlog of small batches would cost two agent calls per batch. */
const idleMs = 2_000
/** Longest wait for the agent during shutdown, in milliseconds. ECS has already decided to stop the task. */
const stopTimeoutMs = 3_000

type AgentResponse = { failure?: { Reason?: string }, error?: { Code?: string } }

/**
 * Protects this ECS task against deployments and scale-in while a batch is in flight.
 *
 * If a deployment waits for the task, the agent answers `DEPLOYMENT_BLOCKED`. The worker then finishes its batches and receives no more
 * messages, until ECS has stopped the task or the deployment no longer waits. A failing or missing agent never stops processing. The task is
 * then unprotected, and a batch that does not finish before the shutdown deadline returns to the queue.
 */
export function protectTask ({ agentUri, renewSeconds, agentTimeoutMs = 5_000, log, metrics }: ProtectionOptions): Protection {
  if (!agentUri) return { acquire: () => () => {}, receiveAllowed: async () => {}, stop: async () => {} }
  const address = `${agentUri}/task-protection/v1/state`
  let inFlight = 0
  let isOn = false
  let lastResult = 'off'
  let deploymentWait: PromiseWithResolvers<void> | null = null // not null while a deployment waits
  let calls: Promise<unknown> = Promise.resolve()
  const queued = new Set<boolean>() // calls that wait for the previous call
  let idleTimer: NodeJS.Timeout | undefined
  const renewTimer = setInterval(() => requestProtection(inFlight > 0 || (deploymentWait !== null && !isOn)), renewSeconds * 1_000).unref()

  /** Queues a call to the agent. Calls are serialized, and a stale call is skipped. At most one call of each kind waits. */
  function requestProtection (on: boolean): void {
    if (queued.has(on)) return
    queued.add(on)
    calls = calls.then(async () => {
      queued.delete(on)
      if (on ? inFlight === 0 && !deploymentWait : inFlight > 0 || !isOn) return
      await callAgent(on).catch(error => {
        isOn = true // assume protected: the agent may have applied the request
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
    else if (!failure) isOn = true // assume protected: the agent may have applied the request
    reportResult(failureReason === undefined ? (on ? 'on' : 'off') : 'failed', failureReason === undefined ? {} : { reason: failureReason })
    if (!on) return
    resumeReceiving()
    if (inFlight === 0) scheduleRelease()
  }

  /** Resumes receiving if a waiting deployment had stopped it. */
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
