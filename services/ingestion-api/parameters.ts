import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { invalidParameters } from '../../lib/http/invalid-parameters.ts'
import { Problem } from '../../lib/http/problem.ts'
import { providerOf } from '../../lib/api-keys/require-key.ts'
import { profileNamePattern, type ProfileOfBatch } from '../../lib/batch/profile.ts'
import type { Store } from '../../lib/batch/store/store.ts'
import type { FormFields } from './form/form-fields.ts'
import { findProfile } from './profile-of-batch.ts'
import { checkReplaced, maxReplaced, readCorrection, replacesPattern, type Correction } from './replaces.ts'

/** The query of POST /batches. A form may have the same parameters as fields. */
export const Parameters = Type.Object({
  dry_run: Type.Optional(Type.Enum(['true', 'false'], { description: 'true: only validate the batch' })),
  rows: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,9}$', description: 'an integer from 1: the number of rows in the file; with another number of rows the batch is rejected' })),
  replaces: Type.Optional(Type.String({
    pattern: replacesPattern, description: `ids of your batches, at most ${maxReplaced} separated by commas, or previous: the latest one of the Batch-Series. In the moment in which the batch is applied, their prices no longer count`,
  })),
  profile: Type.Optional(Type.String({ pattern: profileNamePattern, description: 'the name of one of your profiles: how the file is read' })),
}, { additionalProperties: false })

export type Query = { dry_run?: string, rows?: string, replaces?: string, profile?: string }

/** The parameters of a batch, as its manifest has them. */
export type BatchParameters = { mode: 'apply' | 'dry_run', rows: number | undefined, profile: ProfileOfBatch | undefined } & Correction

/** Reads the parameters of a batch. Throws `invalid-parameters`, `unknown-batch`, `unknown-profile` and `store-unavailable`. */
export async function readParameters (
  store: Store, request: FastifyRequest, { dry_run: isDryRun, rows, replaces, profile: name }: Query
): Promise<BatchParameters> {
  const correction = readCorrection(replaces, request.headers)
  await checkReplaced(store, providerOf(request), correction)
  const profile = await findProfile(store, providerOf(request), name)
  return { mode: isDryRun === 'true' ? 'dry_run' : 'apply', rows: rows === undefined ? undefined : Number(rows), profile, ...correction }
}

const names = Object.keys(Parameters.properties)

/** Returns the query with the fields of a form. Throws `invalid-parameters`, as for the query. */
export function queryWithForm (request: FastifyRequest<{ Querystring: Query }>, fields: FormFields): Query {
  const query = fields.withQuery(request.query)
  const unknown = Object.keys(query).filter(name => !names.includes(name))
  if (unknown.length > 0) throw unknownFields(unknown)
  const validate = request.getValidationFunction('querystring')!
  if (!validate(query)) throw invalidParameters(validate.errors!, 'form')
  return query as Query
}

function unknownFields (unknown: readonly string[]): Problem {
  const message = `is unknown: a form has the file in the field "file", and the values ${names.join(', ')}`
  const shown = unknown.map(name => name.slice(0, 100))
  return new Problem('invalid-parameters', `Invalid form: ${shown.join(', ')} ${message}`, {
    members: { errors: shown.map(parameter => ({ parameter, code: 'unknown', message })) },
  })
}
