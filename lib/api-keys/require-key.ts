import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { Problem } from '../http/problem.ts'
import { authenticate, type Caller, type Scope } from './api-keys.ts'
import type { CurrentKeys } from './key-source.ts'

/** Declares the request's caller. Call it before a route that uses {@link requireKey} is registered. */
export function declareCaller (app: FastifyInstance): void {
  app.decorateRequest('caller', null)
}

/** Returns a hook that requires an API key with one of `scopes`. The hook runs before the parameters and the body are read. */
export function requireKey (keys: CurrentKeys, ...scopes: [Scope, ...Scope[]]): onRequestAsyncHookHandler {
  return async request => { request.setDecorator('caller', authenticate(request, keys(), ...scopes)) }
}

/** Returns the caller of a request, on a route that requires a key. */
export const callerOf = (request: FastifyRequest): Caller => request.getDecorator<Caller>('caller')

/** Returns the provider whose key the request has, on a route that requires a key. */
export const providerOf = (request: FastifyRequest): string => callerOf(request).provider

/** The problems of a route that requires a key, for its documentation. */
export const accessProblems = (scope: Scope): Problem[] => [
  new Problem('unauthenticated', 'The API key is not valid'),
  new Problem('forbidden', `The API key lacks the scope "${scope}"`),
  new Problem('keys-unavailable', 'The API keys have not been read yet; try again'),
]
