import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiName } from './apis.ts'
import type { Role } from './callers.ts'

/** One file of test/system/contract: the exchanges of one area, in the order in which they are sent. */
export type Area = {
  about: string
  /** The API of exchanges that name no other. */
  api: ApiName
  /** The caller of exchanges that name no other; null sends no key. */
  as: Role | null
  exchanges: Exchange[]
}

export type Exchange = {
  name: string
  api?: ApiName
  as?: Role | null
  request: Request
  /** The request is sent again until the JSON of the response has these members. */
  until?: Record<string, unknown>
  /** Members of the response's JSON that later exchanges use as `{name}`, by the name that they get. */
  keep?: Record<string, string>
  /** Turns the batch into a dead letter before the request is sent: the id, or a stored name in braces. */
  deadLetter?: string
  /** The bytes of the response body are part of the contract. */
  exact?: boolean
  answer?: ExchangeResponse
  /** The decision that introduced the request. Releases before the decision are not sent the request. */
  since?: string
  /** The response depends on the first replay of a system: a later one, which finds the batches of the first, does not send the request. */
  firstReplayOnly?: boolean
  /** The response of releases before the decision, where a decision of docs/decisions changed the response. */
  before?: { decision: string, answer: ExchangeResponse }
}

export type Request = {
  method?: string
  path?: string
  /** Replaces the path: an address from an earlier response. */
  url?: string
  headers?: Record<string, string>
  body?: Body
  /** Replaces all other members: the bytes of a complete request, line by line, each ended with CRLF. */
  raw?: string[]
}

/** Text line by line, each ended with a line feed; or JSON; or plain text; or bytes. `gzip`: the body is sent compressed. */
export type Body = { lines?: string[], json?: unknown, text?: string, base64?: string, gzip?: boolean }

export type ExchangeResponse = {
  status: number
  headers: Record<string, string>
  /** One of these members, by the media type of the response; none if the body is not compared. */
  json?: unknown
  /** Exact text, line by line. */
  lines?: string[]
  /** Records of a CSV report, the header first. */
  csv?: string[][]
  ndjson?: unknown[]
}

export const areas = (): string[] => readdirSync(import.meta.dirname).filter(name => name.endsWith('.json')).sort()
export const readArea = (name: string): Area => JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8')) as Area
