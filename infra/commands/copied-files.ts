import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { openS3 } from '../../lib/process/aws.ts'
import { pathFromCaller } from '../../lib/process/npm.ts'
import type { Command, Option } from '../../services/ops/command.ts'
import { Refused } from './pulumi.ts'

/** Prefix of the copies in the bucket. The task can read this prefix only, and the bucket deletes its objects after a day. */
const prefix = 'operators/'

/**
 * Copies the files that a command's options name into the stack's bucket, for the task that runs the command. Returns the
 * arguments with the copies' addresses, `s3://BUCKET/KEY`, and a function that deletes the copies.
 * Throws Refused for a file that cannot be read.
 */
export async function copyFiles (
  command: Command, args: string[], { bucket, region }: { bucket: string, region: string }
): Promise<{ args: string[], remove: () => Promise<void> }> {
  const s3 = openS3({ region, endpoint: process.env.AWS_ENDPOINT_URL })
  const keys: string[] = []
  const remove = async (): Promise<void> => {
    await Promise.all(keys.map(Key => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }))))
  }
  async function copy (option: string, path: string): Promise<string> {
    const Body = await readFile(pathFromCaller('ops', path)).catch((error: NodeJS.ErrnoException) => { throw new Refused(`${path} cannot be read: ${error.code}`) })
    const Key = `${prefix}${randomUUID()}/${option}`
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))
    keys.push(Key)
    return `s3://${bucket}/${Key}`
  }
  const copied = [...args]
  try {
    for (const [name, option] of Object.entries<Option>(command.options)) {
      if (option.type !== 'string' || !option.file) continue
      for (const [index, arg] of args.entries()) {
        if (arg === `--${name}`) copied[index + 1] = await copy(name, args[index + 1]!)
        else if (arg.startsWith(`--${name}=`)) copied[index] = `--${name}=${await copy(name, arg.slice(name.length + 3))}`
      }
    }
  } catch (error) {
    await remove()
    throw error
  }
  return { args: copied, remove }
}
