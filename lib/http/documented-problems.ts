import { Type } from 'typebox'
import { Problem } from './problem.ts'

const ProblemBody = Type.Object({
  type: Type.String({ description: '/problems/ and a code that stays the same, to be compared with' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String({ description: 'what is wrong this time, for people' }),
  instance: Type.Optional(Type.String({ description: 'id of the request, as in the log' })),
  errors: Type.Optional(Type.Array(Type.Object({
    parameter: Type.String(),
    code: Type.String({
      description: 'missing, empty, repeated, malformed, not_a_day, out_of_range, reversed, too_long, same_port, unknown or unknown_location',
    }),
    message: Type.String(),
    value: Type.Optional(Type.String({ description: 'what was sent, cut at 200 characters' })),
  }, { additionalProperties: false }), { description: 'every parameter that is wrong' })),
}, { description: 'RFC 9457', additionalProperties: false })

/** What every route may answer with. */
const commonProblems = [
  new Problem('internal-error', 'The request failed; the log has the error under this id'),
  new Problem('database-unavailable', 'The database cannot be reached; try again'),
  new Problem('overloaded', 'Too many requests wait for the database; try again'),
]

/** A route's response for each status of the problems that it answers with, those themselves being the examples. */
export function documentedProblems (...problems: Problem[]): Record<number, object> {
  const byStatus = Map.groupBy([...problems, ...commonProblems], ({ status }) => status)
  return Object.fromEntries([...byStatus].map(([status, examples]) => [status, {
    description: examples.map(example => String(example.body().title)).join('; '),
    ...(examples.some(({ headers }) => headers['retry-after']) ? { headers: { 'retry-after': { type: 'integer', description: 'seconds to wait' } } } : {}),
    content: {
      'application/problem+json': {
        schema: ProblemBody,
        examples: Object.fromEntries(examples.map(example => [example.code, { value: example.body('req-1') }])),
      },
    },
  }]))
}
