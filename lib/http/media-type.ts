import type { FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import { Problem } from './problem.ts'

const parameters = /[ \t]*;[ \t]*(?!q[ \t]*=)[^\s=;,"]*(?:[ \t]*=[ \t]*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?/gi

/** The one of `offered` that the client likes best, the first where it does not care. Throws `not-acceptable`. */
export function negotiate<T extends string> (request: FastifyRequest, reply: FastifyReply, offered: readonly T[]): T {
  reply.header('vary', 'Accept')
  // A parameter other than q makes no other type of it: what is offered has none, and all text is UTF-8. An empty header is no wish.
  const accept = request.headers.accept?.replace(parameters, '') || '*/*'
  const chosen = new Negotiator({ headers: { accept } }).mediaType([...offered]) as T | undefined
  if (!chosen) throw new Problem('not-acceptable', `Available as ${offered.join(' or ')}`)
  return chosen
}
