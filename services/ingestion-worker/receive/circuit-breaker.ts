import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../../../lib/process/log.ts'
import { backoffMs } from '../../../lib/process/backoff.ts'

/**
 * Shut while the database or the store is away, so that no message is received that could not be worked on: an outage of any
 * length uses up no deliveries. Opens by itself as soon as a probe succeeds.
 */
export class Gate {
  readonly #probe: () => Promise<unknown>
  readonly #log: Log
  readonly #signal: AbortSignal
  readonly #tell: (isOpen: boolean) => void
  #opening: Promise<void> | null = null

  constructor (probe: () => Promise<unknown>, log: Log, signal: AbortSignal, tell: (isOpen: boolean) => void = () => {}) {
    this.#probe = probe
    this.#log = log
    this.#signal = signal
    this.#tell = tell
  }

  get isOpen (): boolean {
    return this.#opening === null
  }

  shut (reason: string, level: 'warn' | 'info' = 'warn'): void {
    if (this.#opening) return
    this.#log[level]({ reason }, 'no receiving until what is needed can be reached')
    this.#tell(false)
    this.#opening = this.#open().finally(() => { this.#opening = null })
  }

  /** Resolves when the gate is open, or when the process stops. */
  async opened (): Promise<void> {
    while (this.#opening && !this.#signal.aborted) await this.#opening
  }

  async #open (): Promise<void> {
    for (let tries = 1; !this.#signal.aborted; tries++) {
      try {
        await this.#probe()
        this.#log.info({ probes: tries }, 'receiving goes on')
        this.#tell(true)
        return
      } catch (error) {
        this.#log.debug({ err: error, tries }, 'probe failed')
        await wait(backoffMs(tries, { maxMs: 5_000 }), undefined, { signal: this.#signal }).catch(() => {})
      }
    }
  }
}
