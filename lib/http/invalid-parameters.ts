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
  const byMessage = Map.groupBy(errors, ({ parameter, code, message }) => code === 'missing' || parameter === where ? '' : ` ${message}`)
  const words = [...byMessage].map(([message, errors]) => `${[...new Set(errors.map(({ parameter }) => parameter.slice(0, 100)))].join(', ')}${message}`)
  return new Problem('invalid-parameters', `Invalid ${where}: ${words.join(', ')}`.slice(0, maxDetailChars), { members: { errors } })
}

/** Describes a pattern by its parameter's description, an enum by its values, and an unknown name by the known ones. */
function describeFailure (failure: FastifySchemaValidationError): string {
  const { keyword, params, message = 'is wrong' } = failure
  const { description, properties = {} } = (failure as { parentSchema?: { description?: string, properties?: object } }).parentSchema ?? {}
  if (keyword === 'additionalProperties') {
    const isNested = failure.instancePath !== ''
    const known = Object.keys(properties).join(', ')
    return (isNested ? `has ${JSON.stringify(String(params.additionalProperty).slice(0, 100))}, which is unknown` : 'is unknown') + (known && `: the names are ${known}`)
  }
  if (keyword === 'enum') return `must be ${(params.allowedValues as unknown as unknown[]).map(value => value === '\t' ? 'a tab' : value).join(' or ')}`
  return keyword === 'pattern' && description ? `must be ${description}` : message
}
