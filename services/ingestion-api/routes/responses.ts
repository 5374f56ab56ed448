import { Type } from 'typebox'
import { problems, type ProblemCode } from '../../../lib/http/problem.ts'

/** RFC 9457; further members depend on the problem. */
const bodyOf = (codes: ProblemCode[]) => Type.Object({
  type: Type.Enum(codes.map(code => `/problems/${code}`), { description: 'the code to act on' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String({ description: 'what is wrong with this request, for people' }),
  instance: Type.Optional(Type.String({ description: 'id of the request, as in the log' })),
}, { additionalProperties: true })

/** What every route with a key may answer. */
const commonCodes: ProblemCode[] = ['unauthenticated', 'forbidden', 'keys-unavailable', 'internal-error']

/** A route's response for each status of the problems that it answers with, by code. */
export function problemResponses (...codes: ProblemCode[]): Record<number, object> {
  // An id that is written with escapes is at no address.
  const notFoundCodes: ProblemCode[] = codes.some(code => problems[code].status === 404) ? ['not-found'] : []
  const byStatus = Map.groupBy([...codes, ...notFoundCodes, ...commonCodes], code => problems[code].status)
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, {
    description: codes.map(code => problems[code].title).join('; '),
    ...headersOf(status),
    content: { 'application/problem+json': { schema: bodyOf(codes) } },
  }]))
}

function headersOf (status: number): object {
  if (status === 429 || status === 503) return { headers: { 'retry-after': { type: 'integer', description: 'seconds to wait' } } }
  if (status === 415) {
    return {
      headers: {
        'accept-post': { type: 'string', description: 'accepted media types' },
        'accept-encoding': { type: 'string', description: 'accepted content codings, if Content-Encoding is wrong' },
      },
    }
  }
  if (status === 401 || status === 403) return { headers: { 'www-authenticate': { type: 'string', description: 'how to authenticate' } } }
  return {}
}
