import type { FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import { Problem } from './problem.ts'

/** The one of `offered` that the client likes best, the first where it does not care. Throws `not-acceptable`. */
export function negotiate<T extends string> (request: FastifyRequest, reply: FastifyReply, offered: readonly T[]): T {
  reply.header('vary', 'Accept')
  // What is offered has no parameters, and all text here is UTF-8; a client that does not care may also send an empty header.
  const accept = request.headers.accept?.replace(/; *charset *= *("[^"]*"|[^ ;,]*)/gi, '') || '*/*'
  const chosen = new Negotiator({ headers: { accept } }).mediaType([...offered]) as T | undefined
  if (!chosen) throw new Problem('not-acceptable', `This comes as ${offered.join(' or ')}`)
  return chosen
}
