import { Type } from 'typebox'
import { Problem, type ProblemCode } from './problem.ts'

const ParameterError = Type.Object({
  parameter: Type.String(),
  code: Type.String({
    description: 'missing, empty, repeated, malformed, not_a_day, out_of_range, reversed, too_long, same_port, too_many_prices, too_many, unknown or unknown_location',
  }),
  message: Type.String(),
  value: Type.Optional(Type.String({ description: 'what was sent, cut at 200 characters' })),
})

/** The body of RFC 9457. Further members depend on the problem. */
const bodyOf = (problems: Problem[]) => Type.Object({
  type: Type.Enum(problems.map(({ code }) => `/problems/${code}`), { description: '/problems/ and a code that stays the same, to be compared with' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String({ description: 'explanation of this occurrence, for people' }),
  instance: Type.Optional(Type.String({ description: 'id of the request, as in the log' })),
  errors: Type.Optional(Type.Array(ParameterError, { description: 'every invalid parameter' })),
}, { description: 'RFC 9457', additionalProperties: true })

const internalError = new Problem('internal-error', 'The request failed; the log has the error under this id')

/** Returns the documented response of a route for each status of `problems` and of an internal error. A problem with a detail is an example. */
export function documentedProblems (...problems: Array<Problem | ProblemCode>): Record<number, object> {
  const all = [...problems, internalError].map(problem => problem instanceof Problem ? problem : new Problem(problem, ''))
  const byStatus = Map.groupBy(all, ({ status }) => status)
  return Object.fromEntries([...byStatus].map(([status, found]) => [status, {
    description: found.map(problem => String(problem.body().title)).join('; '),
    ...headersOf(status),
    content: { 'application/problem+json': { schema: bodyOf(found), ...examplesOf(found) } },
  }]))
}

function examplesOf (problems: Problem[]): object {
  const examples = problems.filter(({ message }) => message !== '').map(problem => [problem.code, { value: problem.body('req-1') }])
  return examples.length > 0 ? { examples: Object.fromEntries(examples) } : {}
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
