import type { onRequestAsyncHookHandler } from 'fastify'
import { authenticate, type ApiKey } from '../runtime/keys.ts'
import { Problem } from '../runtime/problem.ts'

/** The keys of now, which may change while the process runs; null where everybody may ask. */
export type Keys = (() => readonly ApiKey[]) | null

/** What the routes ask of their callers: a key with the scope `rates`, or nothing. */
export type Access = {
  onRequest: onRequestAsyncHookHandler[]
  security: Array<Record<string, string[]>>
  problems: Problem[]
}

export function accessWith (keys: Keys): Access {
  if (!keys) return { onRequest: [], security: [], problems: [] }
  return {
    onRequest: [async request => { authenticate(request, keys(), 'rates') }],
    security: [{ key: [] }],
    problems: [new Problem('unauthenticated', 'The API key is not valid'), new Problem('forbidden', 'The API key lacks the scope "rates"'),
      new Problem('keys-unavailable', 'Who has a key cannot be said now; try again')],
  }
}
