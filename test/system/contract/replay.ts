import { Agent } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { ApiName } from './apis.ts'
import { keyOf, nameOf } from './callers.ts'
import { differences } from './compare.ts'
import type { ExchangeResponse, Area, Exchange } from './exchange.ts'
import { send } from './send.ts'
import { fill, type Values } from './template.ts'

/** A running system that the contract is tested against. */
export type Target = {
  urls: Record<ApiName, string>
  /** Name of the run in the keys of the processes; new for each replay. Letters and digits. */
  run: string
  /** Turns a final batch into a dead letter. */
  deadLetter: (id: string) => Promise<unknown>
  /** Longest wait of an exchange, in milliseconds. */
  patienceMs: number
  /** Whether this release is older than the decisions that changed responses. Its earlier responses then pass, too. */
  isOlder?: boolean
  /** Whether newer workers run beside this release. For a response that a decision changed, only status and headers are then compared. */
  hasNewerWorkers?: boolean
  /** Whether the contract was replayed before against the same database. */
  isRepeated?: boolean
}

export type Outcome = { area: string, name: string, differences: string[] }

/** Sends the exchanges of an area in order. `onResponse` gets each response, in the form of a recording. */
export async function replay (
  target: Target, name: string, area: Area, onResponse: (exchange: Exchange, response: ExchangeResponse, values: Values) => void = () => {}
): Promise<Outcome[]> {
  const { run } = target
  const values: Values = { run, provider: nameOf('provider', run), other: nameOf('other', run), sender: nameOf('sender', run), operator: nameOf('operator', run) }
  const agent = new Agent({ keepAlive: true })
  const outcomes: Outcome[] = []
  try {
    for (const exchange of area.exchanges) {
      if ((exchange.since && target.isOlder) || (exchange.firstReplayOnly && target.isRepeated)) continue
      const response = await callApi(exchange).catch((error: Error) => error)
      const found = response instanceof Error ? [response.message] : check(exchange, response)
      outcomes.push({ area: name, name: exchange.name, differences: found })
      if (!(response instanceof Error)) onResponse(exchange, response, values)
    }
  } finally {
    agent.destroy()
  }
  return outcomes

  async function callApi ({ api = area.api, as = area.as, request, until, keep = {}, deadLetter }: Exchange): Promise<ExchangeResponse> {
    if (deadLetter) await target.deadLetter(fill(deadLetter, values))
    const deadline = performance.now() + target.patienceMs
    for (;;) {
      const response = await send(target.urls[api], request, as === null ? null : keyOf(as, run), values, agent)
      const members = response.json as Record<string, unknown> | undefined
      const isRefused = response.status >= 400 && response.status !== 503
      if (!until || isRefused || Object.entries(until).every(([member, value]) => members?.[member] === value)) {
        for (const [name, member] of Object.entries(keep)) values[name] = String(members?.[member] ?? `(no ${member})`)
        return response
      }
      if (performance.now() > deadline) throw new Error(`not ${JSON.stringify(until)} in time: ${JSON.stringify(response)}`)
      await pause(20)
    }
  }

  function check ({ answer: recorded, before }: Exchange, response: ExchangeResponse): string[] {
    if (!recorded) return ['not recorded']
    const found = differences(recorded, response, values)
    if (found.length === 0 || !before || !target.isOlder) return found
    const { status, headers } = before.answer
    const isAsBefore = differences(target.hasNewerWorkers ? { status, headers } : before.answer, response, values).length === 0
    return isAsBefore ? [] : found
  }
}
