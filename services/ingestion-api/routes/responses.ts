import { Type } from 'typebox'

/** RFC 9457; further members depend on the problem. */
const ProblemBody = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  instance: Type.Optional(Type.String({ description: 'id of the request, as in the log' })),
}, { additionalProperties: true })

/** The schema of each of these statuses' answers. */
export function problemResponses (...statuses: number[]): Record<number, unknown> {
  return Object.fromEntries(statuses.map(status => [status, { description: 'Problem', content: { 'application/problem+json': { schema: ProblemBody } } }]))
}
