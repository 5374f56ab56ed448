import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiName } from './apis.ts'
import type { Role } from './callers.ts'

/** One file of test/system/contract: the exchanges of one area, in the order in which they are sent. */
export type Area = {
  about: string
  /** Where an exchange goes that names no other API. */
  api: ApiName
  /** Who sends an exchange that names no other caller; null sends no key. */
  as: Role | null
  exchanges: Exchange[]
}

export type Exchange = {
  name: string
  api?: ApiName
  as?: Role | null
  request: Request
  /** The request is sent again until the answer's JSON has these members. */
  until?: Record<string, unknown>
  /** Members of the answer's JSON that later exchanges use as `{name}`, by the name that they get. */
  keep?: Record<string, string>
  /** Makes the batch a dead letter before the request is sent: the id, or the name of a kept one in braces. */
  deadLetter?: string
  /** The bytes of the answer's body are part of the contract. */
  exact?: boolean
  answer?: ExchangeResponse
  /** The decision with which it came: releases before it are not sent the request. */
  since?: string
  /** What releases before the decision answer, where a decision of docs/decisions changed the answer. */
  before?: { decision: string, answer: ExchangeResponse }
}

export type Request = {
  method?: string
  path?: string
  /** In place of a path: an address that an answer gave. */
  url?: string
  headers?: Record<string, string>
  body?: Body
  /** In place of all others: the bytes of a whole request, line by line, each ended with CRLF. */
  raw?: string[]
}

/** Text line by line, each ended with a line feed; or JSON; or text as it is; or bytes. `gzip`: compressed on the way. */
export type Body = { lines?: string[], json?: unknown, text?: string, base64?: string, gzip?: boolean }

export type ExchangeResponse = {
  status: number
  headers: Record<string, string>
  /** One of these, by the media type of the answer; none where the body is not compared. */
  json?: unknown
  /** Exact text, line by line. */
  lines?: string[]
  /** Records of a CSV report, the header first. */
  csv?: string[][]
  ndjson?: unknown[]
}

export const areas = (): string[] => readdirSync(import.meta.dirname).filter(name => name.endsWith('.json')).sort()
export const readArea = (name: string): Area => JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8')) as Area
