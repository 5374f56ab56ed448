import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { authenticate, type ApiKey, type Caller, type Scope } from '../../lib/api-keys/api-keys.ts'

/** Asks for a key with `scope` before anything else of the request is looked at, its parameters and its body above all. */
export function needsKey (keys: () => readonly ApiKey[], scope: Scope): onRequestAsyncHookHandler {
  return async request => { request.setDecorator('caller', authenticate(request, keys(), scope)) }
}

/** Who sent the request, on a route that needs a key. */
export const providerOf = (request: FastifyRequest): string => request.getDecorator<Caller>('caller').provider
