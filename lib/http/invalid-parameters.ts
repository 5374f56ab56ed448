import type { FastifySchemaValidationError } from 'fastify'
import { Problem } from './problem.ts'

const maxDetailChars = 500

/** Creates the problem of a request that violates its schema. It lists every invalid parameter and its requirement. */
export function invalidParameters (failures: FastifySchemaValidationError[], where = 'request'): Problem {
  const errors = failures.map(failure => ({
    parameter: failure.instancePath.split('/')[1] ?? String(failure.params.missingProperty ?? failure.params.additionalProperty ?? where),
    code: failure.keyword === 'additionalProperties' ? 'unknown' : failure.keyword === 'required' ? 'missing' : 'malformed',
    message: describeFailure(failure),
  }))
  const words = [...new Set(errors.map(({ parameter, code, message }) =>
    code === 'malformed' && parameter !== where ? `${parameter.slice(0, 100)} ${message}` : parameter.slice(0, 100)))]
  return new Problem('invalid-parameters', `Invalid ${where}: ${words.join(', ')}`.slice(0, maxDetailChars), { members: { errors } })
}

/** Describes a pattern by its parameter's description, and an enum by its values. */
function describeFailure (failure: FastifySchemaValidationError): string {
  const { keyword, params, message = 'is wrong' } = failure
  const { description } = (failure as { parentSchema?: { description?: string } }).parentSchema ?? {}
  if (keyword === 'enum') return `must be ${(params.allowedValues as unknown as unknown[]).map(value => value === '\t' ? 'a tab' : value).join(' or ')}`
  return keyword === 'pattern' && description ? `must be ${description}` : message
}
