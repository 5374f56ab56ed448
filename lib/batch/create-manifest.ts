import { randomUUID } from 'node:crypto'
import { batchId, isNewFormat, type Manifest, type Name, type Replaces } from './batch.ts'
import type { ProfileOfBatch } from './profile.ts'

/** The content of a batch: a stored payload, and the name of the batch if the provider gives none. */
export type BatchContent = Pick<Manifest, 'format' | 'encoding' | 'digest' | 'digestOf' | 'bytes' | 'decodedBytes' | 'payload' | 'payloadStoredAt' | 'charset' | 'fileName'> & {
  contentName: Name
}

export type Submission = {
  provider: string
  mode: Manifest['mode']
  /** The provider's own name of the batch. */
  key?: string | undefined
  rows?: number | undefined
  replaces?: Replaces | undefined
  series?: string | undefined
  profile?: ProfileOfBatch | undefined
  traceparent?: string | undefined
  acceptedAt?: Date
}

/** Creates the manifest of a submission. A dry run without a key is a new batch each time: its result depends on the current reference data. */
export function createManifest (content: BatchContent, submission: Submission): Manifest {
  const { provider, mode, key, rows, replaces, series, profile, traceparent, acceptedAt = new Date() } = submission
  const { contentName, format, encoding, digest, digestOf, bytes, decodedBytes, payload, payloadStoredAt, charset, fileName } = content
  const ownName: Name = mode === 'dry_run' ? { kind: 'request', value: randomUUID() } : contentName
  const name: Name = key === undefined ? ownName : { kind: 'key', value: key }
  return {
    version: isNewFormat(format) || charset !== undefined || profile !== undefined ? 3 : replaces === undefined && series === undefined ? 1 : 2,
    id: batchId(provider, mode, name), provider, mode, name, format, encoding, digest, digestOf, bytes, decodedBytes, payload,
    ...(charset === undefined ? {} : { charset }), ...(fileName === undefined ? {} : { fileName }),
    ...(payloadStoredAt === undefined ? {} : { payloadStoredAt }), ...(rows === undefined ? {} : { rows }),
    ...(replaces === undefined ? {} : { replaces }), ...(series === undefined ? {} : { series }), ...(profile === undefined ? {} : { profile }),
    acceptedAt: acceptedAt.toISOString(), ...(traceparent === undefined ? {} : { traceparent }),
  }
}
