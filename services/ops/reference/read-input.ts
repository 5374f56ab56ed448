import { readText } from '../../../lib/reference/files.ts'
import { pathFromCaller } from '../../../lib/process/npm.ts'
import { CommandError } from '../command-error.ts'
import type { System } from '../system.ts'

/** Maximum size of a file of reference data. All of UN/LOCODE is smaller. */
const maxBytes = 16 * 1024 * 1024

/** Returns the text of a file: of a local path, or of `s3://BUCKET/KEY` if the command runs as a task. Returns null for no file. */
export async function readInput (path: string | undefined, system: () => Promise<System>): Promise<string | null> {
  if (path === undefined) return null
  try {
    return path.startsWith('s3://') ? await readObject(path, await system()) : await readText(pathFromCaller('ops', path))
  } catch (error) {
    const { code, name, message } = error as { code?: string, name: string, message: string }
    if (error instanceof CommandError) throw error
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw new CommandError(`${path} is not UTF-8 text`)
    throw new CommandError(`${path} cannot be read: ${code ?? (name === 'Error' ? message : name)}`)
  }
}

async function readObject (address: string, { variable, optional }: System): Promise<string> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(address) ?? []
  if (!bucket || !key) throw new CommandError(`${address} is not of the form s3://BUCKET/KEY`, 2)
  const [{ GetObjectCommand }, { openS3 }] = await Promise.all([import('@aws-sdk/client-s3'), import('../../../lib/process/aws.ts')])
  const s3 = openS3({ region: variable('AWS_REGION'), endpoint: optional('AWS_ENDPOINT_URL') })
  const { Body, ContentLength = 0 } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
  if (ContentLength > maxBytes) throw new CommandError(`${address} has ${ContentLength} bytes: the maximum is ${maxBytes}`)
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await Body!.transformToByteArray())
}
