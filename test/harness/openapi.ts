import { Errors } from 'typebox/schema'

type Media = Record<string, { schema?: object }>
type Operation = { summary?: string, requestBody?: { content: Media }, responses?: Record<string, { content?: Media }>, security?: object[] }
export type OpenApi = { openapi: string, paths: Record<string, Record<string, Operation>>, components?: { securitySchemes?: object } }

export type ApiResponse = { status: number, type: string | null, body: string }

/** Returns sentences that name the parts of a response which the document does not have. The list is empty if the response is as documented. */
export function undocumented (document: OpenApi, method: string, path: string, { status, type, body }: ApiResponse): string[] {
  const template = Object.keys(document.paths).find(template => matches(template, path.split('?')[0]!))
  const operation = template === undefined ? undefined : document.paths[template]![method.toLowerCase()]
  if (!operation) return [] // the document has no operation for unknown routes and methods (404 and 405)
  const documented = operation.responses?.[status]
  if (!documented) return [`${method} ${template} responds with ${status}, which is not documented`]
  if (type === null && body === '' && !documented.content) return []
  const mediaType = type?.split(';')[0] ?? ''
  const media = documented.content?.[mediaType]
  if (!media) return [`${method} ${template} responds with ${status} as "${mediaType}", which is not documented`]
  return values(mediaType, body).flatMap(value => Errors(media.schema ?? {}, value)[1]
    .map(error => `${method} ${template} ${status}: ${error.instancePath} ${error.message}`))
}

function values (mediaType: string, body: string): unknown[] {
  if (mediaType === 'application/x-ndjson') return body.split('\n').filter(Boolean).map(line => JSON.parse(line) as unknown)
  return [mediaType.endsWith('json') ? JSON.parse(body) : body]
}

function matches (template: string, path: string): boolean {
  const [wanted, given] = [template.split('/'), path.split('/')]
  return wanted.length === given.length && wanted.every((part, index) => part.startsWith('{') || part === given[index])
}
