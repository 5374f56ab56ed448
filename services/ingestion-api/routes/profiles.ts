import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { accessProblems, callerOf, requireKey } from '../../../lib/api-keys/require-key.ts'
import { profileFaults, profileMaxBytes, profileNamePattern, Profile, profileVersion } from '../../../lib/batch/profile.ts'
import type { StoredProfile } from '../../../lib/batch/store/profiles.ts'
import { documentedProblems } from '../../../lib/http/documented-problems.ts'
import { evaluate } from '../../../lib/http/preconditions.ts'
import { Problem } from '../../../lib/http/problem.ts'
import type { IngestionApi } from '../context.ts'
import { ofProvider, onBehalfOf } from '../on-behalf.ts'
import { unknownProfile } from '../profile-of-batch.ts'

const version = Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', description: 'a version of the profile: its ETag without the quotes' }))
const params = Type.Object({ name: Type.String({ pattern: profileNamePattern, description: '1 to 64 lower-case letters, digits and hyphens' }) })
const querystring = Type.Object({ provider: ofProvider }, { additionalProperties: false })
const headers = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'ETag of the version that the request is for, or *' })),
  'if-none-match': Type.Optional(Type.String({ description: 'ETag of a version that the request is not for, or *: any' })),
})
const etag = { etag: { type: 'string', description: 'the version of the profile, in quotes' } }
const List = Type.Object({ profiles: Type.Array(Type.Object({ name: Type.String(), version: Type.String(), changed_at: Type.String() })) })
const found = (description: string) => ({ description, headers: etag, content: { 'application/json': { schema: Profile } } })
const problems = [...accessProblems('submit'), 'invalid-parameters', 'too-many-requests', 'store-unavailable'] as const

type ByName = { Params: { name: string }, Querystring: { provider?: string, version?: string } }

/** `/profiles` and `/profiles/<name>`: how the files of a provider are read. Needs no database. */
export function registerProfiles (app: FastifyInstance, { store, keys, rateLimit, limitReads }: IngestionApi): void {
  const schema = { tags: ['profiles'], security: [{ key: [] }] }
  const onRequest = requireKey(keys, 'submit', 'admin')
  const reading = { onRequest: [onRequest, limitReads] }
  const writing = { onRequest, config: { rateLimit } }

  app.get<{ Querystring: { provider?: string } }>('/profiles', {
    schema: { ...schema, summary: 'List your profiles', querystring, response: { 200: List, ...documentedProblems(...problems) } },
    ...reading,
  }, async (request, reply) => {
    const profiles = await inStore(store.listProfiles(onBehalfOf(request)))
    return reply.header('cache-control', 'no-store')
      .send({ profiles: profiles.map(({ name, version, changedAt }) => ({ name, version, changed_at: changedAt })) })
  })

  app.get<ByName>('/profiles/:name', {
    schema: {
      ...schema, summary: 'A profile, or one of its versions', description: 'Each version is kept, also after the profile is deleted.', params, headers,
      querystring: Type.Object({ provider: ofProvider, version }, { additionalProperties: false }),
      response: { 200: found('The profile as it was sent'), 304: { description: 'The version of If-None-Match', type: 'null', headers: etag },
        ...documentedProblems(...problems, 'not-found', 'unknown-profile', 'precondition-failed') },
    },
    ...reading,
  }, async (request, reply) => {
    const { params: { name }, query: { version } } = request
    const provider = onBehalfOf(request)
    const profile = await inStore(version === undefined
      ? store.readProfile(provider, name).then(stored => stored?.profile)
      : store.readProfileVersion(provider, name, version))
    if (!profile) throw version === undefined ? unknownProfile(name) : new Problem('unknown-profile', `Your profile ${name} never had the version ${version}`)
    const tag = profileVersion(profile)
    const precondition = evaluate(request.headers, tag, request.method)
    if (precondition === 'failed') throw otherVersion(name, tag)
    reply.headers({ etag: `"${tag}"`, 'cache-control': 'no-cache' })
    return precondition === 'not modified' ? reply.code(304).send() : reply.send(profile)
  })

  app.put<ByName & { Body: Profile }>('/profiles/:name', {
    schema: {
      ...schema, summary: 'Create or change a profile', params, headers, querystring, body: Profile,
      description: 'Each content is a version. Batches that were accepted with an earlier version keep it. The same content again changes nothing.',
      response: { 200: found('The profile has this content'), 201: found('The profile is new'),
        ...documentedProblems(...problems, 'malformed-request', 'not-found', 'too-many-profiles', 'precondition-failed', 'content-too-large', 'unsupported-media-type') },
    },
    bodyLimit: profileMaxBytes,
    ...writing,
  }, async (request, reply) => {
    const { params: { name }, body: profile } = request
    const provider = onBehalfOf(request)
    const errors = profileFaults(profile)
    if (errors.length > 0) {
      const detail = errors.map(({ parameter, message }) => `${parameter} ${message}`).join('; ')
      throw new Problem('invalid-parameters', `Invalid body: ${detail}`.slice(0, 1_000), { members: { errors } })
    }
    const { version, isNew } = await inStore(store.writeProfile(provider, name, profile, callerOf(request).provider, checkOf(request, name)))
    request.log.info({ provider, profile: name, version, isNew }, 'profile written')
    return reply.code(isNew ? 201 : 200).headers({ etag: `"${version}"`, ...(isNew ? { location: `/profiles/${name}` } : {}) }).send(profile)
  })

  app.delete<ByName>('/profiles/:name', {
    schema: {
      ...schema, summary: 'Delete a profile', description: 'Its versions are kept, and batches that were accepted with it are still read by it.', params, headers, querystring,
      response: { 204: { description: 'The profile is deleted', type: 'null' }, ...documentedProblems(...problems, 'not-found', 'unknown-profile', 'precondition-failed') },
    },
    ...writing,
  }, async (request, reply) => {
    const { params: { name } } = request
    const provider = onBehalfOf(request)
    if (!await inStore(store.deleteProfile(provider, name, checkOf(request, name)))) throw unknownProfile(name)
    request.log.info({ provider, profile: name }, 'profile deleted')
    return reply.code(204).send()
  })
}

/** Returns a check of the headers of a request against the current version. */
const checkOf = ({ headers, method }: Pick<FastifyRequest, 'headers' | 'method'>, name: string) => (current: StoredProfile | null): void => {
  if (evaluate(headers, current?.version ?? null, method) === 'failed') throw otherVersion(name, current?.version ?? null)
}

const otherVersion = (name: string, version: string | null): Problem => new Problem('precondition-failed', version === null
  ? `There is no profile ${name}`
  : `The profile ${name} has the version ${version}: read it, and repeat your change on it`, { headers: version === null ? {} : { etag: `"${version}"` } })

async function inStore<T> (work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw cause instanceof Problem ? cause : new Problem('store-unavailable', 'The profiles cannot be reached; try again', { cause })
  }
}
