import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { Type } from 'typebox'
import type { Metrics } from '../metrics/metrics.ts'
import { openSecrets } from '../process/aws.ts'
import { backoffMs } from '../process/backoff.ts'
import { Count, InvalidConfig, type ConfigCheck } from '../process/config.ts'
import { withDeadline } from '../process/deadline.ts'
import { keyProblems, parseKeys, type ApiKey } from './api-keys.ts'
import type { Log } from '../process/log.ts'
import { Problem } from '../http/problem.ts'

/** Default of API_KEYS_SECONDS: time between two reads of the secret or file with the keys, in seconds. */
export const defaultKeySeconds = 120

/** Variables of a process that requires API keys. */
export const Keys = {
  API_KEYS: Type.Optional(Type.String({ description: 'JSON array of {"provider", "sha256", "scopes"}', minLength: 2 })),
  API_KEYS_SECRET: Type.Optional(Type.String({
    description: 'ARN or name of a Secrets Manager secret with the same JSON, instead of API_KEYS; the process reloads changes', minLength: 1,
  })),
  API_KEYS_FILE: Type.Optional(Type.String({
    description: 'path of a file with the same JSON, instead of API_KEYS; the process reloads changes', minLength: 1,
  })),
  API_KEYS_SECONDS: Count('time between two reads of that secret or file, in seconds', { default: defaultKeySeconds, maximum: 3_600 }),
}

export type KeyConfig = {
  API_KEYS?: string, API_KEYS_SECRET?: string, API_KEYS_FILE?: string, API_KEYS_SECONDS: number, ENVIRONMENT: string, AWS_REGION?: string
}

/** Returns the current keys. Throws `keys-unavailable` until the first successful read. */
export type CurrentKeys = () => readonly ApiKey[]

/** Maximum wait for the first read before the process starts without keys, in ms. */
const firstReadMs = 5_000
/** Maximum delay after a failed read, in ms. */
const maxRetryMs = 30_000

const sources = ['API_KEYS', 'API_KEYS_SECRET', 'API_KEYS_FILE'] as const

/** Returns true if the environment names a source of keys. */
export const hasKeySource = (env: NodeJS.ProcessEnv): boolean => sources.some(name => env[name])

export const keySourceProblems: ConfigCheck = env => {
  const given = sources.filter(name => env[name])
  if (given.length > 1) return [`${given.join(' and ')} are ${given.length === 2 ? 'both' : 'all'} set: set exactly one of them`]
  if (env.API_KEYS_SECRET && !env.AWS_REGION) return ['AWS_REGION is missing: API_KEYS_SECRET is read from a region']
  return keyProblems(env)
}

/**
 * Opens the keys: API_KEYS, or the secret or file, which is read again for as long as the process runs. After a failed read the last
 * valid keys stay.
 */
export async function openKeys (config: KeyConfig, log: Log, metrics: Metrics): Promise<CurrentKeys> {
  const { API_KEYS: given, API_KEYS_SECONDS: seconds, ENVIRONMENT: environment } = config
  const reader = listReader(config)
  if (reader === undefined) {
    const keys = parseKeys(given ?? '[]', environment)
    return () => keys
  }
  const read = reader
  let keys: ApiKey[] | undefined
  let text: string | undefined
  let readAt = 0
  metrics.collect('freight_keys_age_seconds', () => [[{}, keys && (performance.now() - readAt) / 1_000]])

  async function refreshKeys (): Promise<boolean> {
    try {
      const found = await read()
      if (found !== text) {
        keys = parseKeys(found || 'nothing', environment)
        text = found
        log.info({ keys: keys.length }, 'API keys loaded')
      }
      readAt = performance.now()
      metrics.count('freight_key_reads_total', { result: 'read' })
      return true
    } catch (error) {
      const isRefused = error instanceof InvalidConfig
      metrics.count('freight_key_reads_total', { result: isRefused ? 'refused' : 'failed' })
      log.error({ ...(isRefused ? { problems: error.problems } : outline(error)), cached: keys?.length ?? null }, 'API key refresh failed: using the cached keys')
      return false
    }
  }

  async function pollKeys (first: Promise<boolean>): Promise<never> {
    for (let failures = await first ? 0 : 1; ; failures = await refreshKeys() ? 0 : failures + 1) {
      const ms = failures === 0 ? seconds * 1_000 : Math.min(seconds * 1_000, backoffMs(failures, { maxMs: maxRetryMs }))
      await pause(ms, undefined, { ref: false })
    }
  }

  const first = refreshKeys()
  pollKeys(first)
  await withDeadline(first, firstReadMs).catch(() => {})
  return () => {
    if (!keys) throw new Problem('keys-unavailable', 'The API keys have not been read yet; try again')
    return keys
  }
}

/** Returns a reader of the secret or the file; undefined if API_KEYS has the list. */
function listReader ({ API_KEYS_SECRET: secret, API_KEYS_FILE: path, AWS_REGION: region }: KeyConfig): (() => Promise<string>) | undefined {
  if (secret !== undefined) {
    const secrets = openSecrets({ region })
    return async () => (await secrets.send(new GetSecretValueCommand({ SecretId: secret }))).SecretString ?? ''
  }
  return path === undefined ? undefined : () => readFile(path, 'utf8')
}

/** Returns only the kind of an error. The message of a client may contain what was read. */
function outline (error: unknown): { reason: string, status?: number } {
  const { code, name, $metadata } = error as { code?: string, name?: string, $metadata?: { httpStatusCode?: number } }
  return { reason: code ?? name ?? 'error', ...($metadata?.httpStatusCode ? { status: $metadata.httpStatusCode } : {}) }
}
