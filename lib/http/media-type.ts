import type { FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import { Problem } from './problem.ts'

const parameters = /[ \t]*;[ \t]*(?!q[ \t]*=)[^\s=;,"]*(?:[ \t]*=[ \t]*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?/gi

/** Returns the offered type that the client prefers, or the first without a preference. Throws `not-acceptable`, with `hint`, a sentence. */
export function negotiate<T extends string> (request: FastifyRequest, reply: FastifyReply, offered: readonly T[], hint?: string): T {
  reply.header('vary', 'Accept')
  // Parameters other than q are ignored: the offered types have none, and all text is UTF-8. An empty header is no preference.
  const accept = request.headers.accept?.replace(parameters, '') || '*/*'
  const chosen = new Negotiator({ headers: { accept } }).mediaType([...offered]) as T | undefined
  if (!chosen) throw new Problem('not-acceptable', `The resource is available as ${offered.join(' or ')}${hint === undefined ? '' : `. ${hint}`}`)
  return chosen
}
