import type { IncomingMessage } from 'node:http'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { Problem } from '../../../lib/http/problem.ts'
import type { DigestCheck } from './content-digest.ts'
import { chunks, type TimeLimits } from './receive.ts'

const Command = Type.Object({
  upload: Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' }),
}, { additionalProperties: false })
const maxCommandChars = 4_096

/**
 * Returns the id of the upload that a JSON body names (`{"upload": "<id>"}`). Returns null for a body that is not an object: it
 * contains the prices, and no byte of it is consumed.
 */
export async function readUploadCommand (request: IncomingMessage, digest: DigestCheck, limits: TimeLimits): Promise<string | null> {
  let text = ''
  for await (const chunk of chunks(request, limits)) {
    text += chunk.toString('latin1')
    const first = text.trimStart()[0]
    if (first === undefined ? text.length > maxCommandChars : first !== '{') break
    if (text.length > maxCommandChars) throw malformedCommand()
  }
  if (text.trimStart().startsWith('{')) {
    digest.update(Buffer.from(text, 'latin1'))
    digest.end()
    return parse(text)
  }
  if (text !== '') request.unshift(Buffer.from(text, 'latin1'))
  return null
}

function parse (text: string): string {
  try {
    const command: unknown = JSON.parse(text)
    if (Value.Check(Command, command)) return command.upload
  } catch {
    // not JSON: malformedCommand describes the expected body
  }
  throw malformedCommand()
}

const malformedCommand = (): Problem =>
  new Problem('malformed-body', 'A JSON body is an array of prices, or {"upload": "<id from POST /uploads>"} and nothing else')
