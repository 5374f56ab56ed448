import type { onRequestAsyncHookHandler, preHandlerAsyncHookHandler } from 'fastify'
import type { CurrentKeys } from '../../lib/api-keys/key-source.ts'
import { accessProblems, requireKey } from '../../lib/api-keys/require-key.ts'
import type { Problem } from '../../lib/http/problem.ts'
import { tooMany } from './client-limit.ts'

/** Returns the current keys, which may change while the process runs; null if no key is required. */
export type Keys = CurrentKeys | null

/** The access rules of the routes: a request limit and a key with the scope `rates`, each if configured. */
export type Access = {
  onRequest: onRequestAsyncHookHandler[]
  security: Array<Record<string, string[]>>
  problems: Problem[]
}

/** Applies the limit before the key check, so that requests with invalid keys count too. Neither queries the database. */
export function accessWith (keys: Keys, limit: preHandlerAsyncHookHandler | undefined): Access {
  return {
    onRequest: [...(limit ? [limit as onRequestAsyncHookHandler] : []), ...(keys ? [requireKey(keys, 'rates')] : [])],
    security: keys ? [{ key: [] }] : [],
    problems: [...(limit ? [tooMany(3_000, 60_000)] : []), ...(keys ? accessProblems('rates') : [])],
  }
}
