import type { onRequestAsyncHookHandler, preHandlerAsyncHookHandler } from 'fastify'
import type { CurrentKeys } from '../../lib/api-keys/key-source.ts'
import { accessProblems, requireKey } from '../../lib/api-keys/require-key.ts'
import type { Problem } from '../../lib/http/problem.ts'
import { tooMany } from './client-limit.ts'

/** The current keys; null if no key is required. */
export type Keys = CurrentKeys | null

/** What the routes require of their callers: few enough requests, and a key with the scope `rates`; or nothing. */
export type Access = {
  onRequest: onRequestAsyncHookHandler[]
  security: Array<Record<string, string[]>>
  problems: Problem[]
}

/** The limit comes before the key: neither needs the database, and requests with a wrong key are counted. */
export function accessWith (keys: Keys, limit: preHandlerAsyncHookHandler | undefined): Access {
  return {
    onRequest: [...(limit ? [limit as onRequestAsyncHookHandler] : []), ...(keys ? [requireKey(keys, 'rates')] : [])],
    security: keys ? [{ key: [] }] : [],
    problems: [...(limit ? [tooMany(3_000, 60_000)] : []), ...(keys ? accessProblems('rates') : [])],
  }
}
