import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../../../lib/process/log.ts'
import { backoffMs } from '../../../lib/process/backoff.ts'

/**
 * Circuit breaker of receiving. Open while the database or the store is unavailable: the worker then receives no messages, so an outage
 * of any length does not raise receive counts. Closes after the first successful probe.
 */
export class CircuitBreaker {
  readonly #probe: () => Promise<unknown>
  readonly #log: Log
  readonly #signal: AbortSignal
  readonly #onChange: (isClosed: boolean) => void
  #recovery: Promise<void> | null = null

  constructor (probe: () => Promise<unknown>, log: Log, signal: AbortSignal, onChange: (isClosed: boolean) => void = () => {}) {
    this.#probe = probe
    this.#log = log
    this.#signal = signal
    this.#onChange = onChange
  }

  get isClosed (): boolean {
    return this.#recovery === null
  }

  /** Opens the circuit and starts to probe. Does nothing if the circuit is open. */
  trip (reason: string, level: 'warn' | 'info' = 'warn'): void {
    if (this.#recovery) return
    this.#log[level]({ reason }, 'receiving paused: a dependency is unavailable')
    this.#onChange(false)
    this.#recovery = this.#probeUntilHealthy().finally(() => { this.#recovery = null })
  }

  /** Resolves when the circuit is closed, or when the process stops. */
  async untilClosed (): Promise<void> {
    while (this.#recovery && !this.#signal.aborted) await this.#recovery
  }

  async #probeUntilHealthy (): Promise<void> {
    for (let tries = 1; !this.#signal.aborted; tries++) {
      try {
        await this.#probe()
        this.#log.info({ probes: tries }, 'receiving resumed')
        this.#onChange(true)
        return
      } catch (error) {
        this.#log.debug({ err: error, tries }, 'probe failed')
        await wait(backoffMs(tries, { maxMs: 5_000 }), undefined, { signal: this.#signal }).catch(() => {})
      }
    }
  }
}
