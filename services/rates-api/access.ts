import type { onRequestAsyncHookHandler, preHandlerAsyncHookHandler } from 'fastify'
import { authenticate, type ApiKey } from '../../lib/api-keys/api-keys.ts'
import { Problem } from '../../lib/http/problem.ts'
import { tooMany } from './client-limit.ts'

/** The keys of now, which may change while the process runs; null where everybody may ask. */
export type Keys = (() => readonly ApiKey[]) | null

/** What the routes ask of their callers: few enough requests, and a key with the scope `rates`; or nothing. */
export type Access = {
  onRequest: onRequestAsyncHookHandler[]
  security: Array<Record<string, string[]>>
  problems: Problem[]
}

/** The limit comes before the key: neither asks the database, and whoever tries keys is counted. */
export function accessWith (keys: Keys, limit: preHandlerAsyncHookHandler | undefined): Access {
  const keyProblems = [new Problem('unauthenticated', 'The API key is not valid'), new Problem('forbidden', 'The API key lacks the scope "rates"'),
    new Problem('keys-unavailable', 'The API keys have not been read yet; try again')]
  return {
    onRequest: [...(limit ? [limit as onRequestAsyncHookHandler] : []), ...(keys ? [needsKey(keys)] : [])],
    security: keys ? [{ key: [] }] : [],
    problems: [...(limit ? [tooMany(3_000, 60_000)] : []), ...(keys ? keyProblems : [])],
  }
}

const needsKey = (keys: NonNullable<Keys>): onRequestAsyncHookHandler => async request => { authenticate(request, keys(), 'rates') }
