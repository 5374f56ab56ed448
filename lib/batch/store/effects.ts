import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { Readable } from 'node:stream'
import { nullIfAbsent, statusOf } from './absent.ts'
import { putStream } from './put-stream.ts'

/** `applied`: what the commit of the batch has changed. `checked`: what a dry run or a held batch would have changed when it was checked. */
export type EffectOf = 'applied' | 'checked'

/** Lines of a stored effect, from an offset in bytes on. `next` is the offset after them; null after the last one. */
export type EffectPage = { lines: string[], next: number | null }

const keyOf = (id: string, of: EffectOf): string => `effects/${id}.${of}.ndjson`

/** Returns the keys of the objects that a batch may have. */
export const effectKeys = (id: string): string[] => [keyOf(id, 'applied'), keyOf(id, 'checked')]

/** Longest line, in bytes. */
const lineBytes = 256

/** Opens the effects of batches: NDJSON, sorted. They never change. */
export function openEffects (s3: S3Client, bucket: string) {
  const at = (id: string, of: EffectOf): { Bucket: string, Key: string } => ({ Bucket: bucket, Key: keyOf(id, of) })

  /** Stores an effect. The first byte is a line feed, so that each line has one before it. */
  async function putEffect (id: string, of: EffectOf, lines: AsyncIterable<string>): Promise<void> {
    await putStream(s3, at(id, of), Readable.from(inChunks(lines)), 'application/x-ndjson')
  }

  /** Reads up to `limit` lines. Returns null if there is no such effect, and `undefined` if no line begins at the offset. */
  async function readEffect (id: string, of: EffectOf, offset: number, limit: number): Promise<EffectPage | null | undefined> {
    const range = `bytes=${offset}-${offset + limit * lineBytes}`
    let found
    try {
      found = await nullIfAbsent(s3.send(new GetObjectCommand({ ...at(id, of), Range: range })))
    } catch (error) {
      if (statusOf(error) === 416) return undefined
      throw error
    }
    if (!found) return null
    const text = await found.Body!.transformToString()
    if (!text.startsWith('\n')) return undefined
    const lines = text.slice(1).split('\n')
    lines.pop() // empty, or a part of a line
    const page = lines.slice(0, limit)
    const next = offset + page.reduce((sum, line) => sum + line.length + 1, 0)
    const total = Number(/\/(\d+)$/.exec(found.ContentRange ?? '')?.[1])
    return { lines: page, next: next + 1 < total ? next : null }
  }

  return { putEffect, readEffect }
}

const chunkChars = 65_536

async function * inChunks (lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let chunk = '\n'
  for await (const line of lines) {
    chunk += line
    if (chunk.length < chunkChars) continue
    yield Buffer.from(chunk)
    chunk = ''
  }
  yield Buffer.from(chunk)
}
