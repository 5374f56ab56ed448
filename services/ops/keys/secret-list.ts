import {
  GetSecretValueCommand, InvalidParameterException, PutSecretValueCommand, ResourceNotFoundException, UpdateSecretVersionStageCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '../../../lib/process/backoff.ts'
import type { ApiKey } from '../../../lib/api-keys/api-keys.ts'
import { CommandError } from '../command-error.ts'
import { datesOf, withDates, withoutDates } from './key-dates.ts'
import { UnknownResult, type KeyList } from './key-list.ts'
import { readKeys } from './read-keys.ts'

/**
 * Staging labels of the secret. AWSCURRENT is on the list that the services read. KEYS_CREATED is on a separate version with the creation
 * times: the previous release refuses a list that contains them. KEYS_PENDING is on a version that has no other label yet.
 */
const [currentLabel, datesLabel, pendingLabel] = ['AWSCURRENT', 'KEYS_CREATED', 'KEYS_PENDING'] as const
/** Maximum size of a value in Secrets Manager, in bytes. */
const maxBytes = 65_536
const maxTries = 12
/** Attempts without a response after which the result is unknown. */
const maxLost = 3

type Version = { id: string, text: string }

/** Why a label was not moved: Secrets Manager refused the move. With `cause` it is unknown whether the label was moved. */
type Failure = { reason: string, cause?: unknown }

/** Opens the list of keys in a secret of Secrets Manager. */
export function openSecretList (secrets: SecretsManagerClient, secretId: string): KeyList {
  async function read () {
    const [current, dates] = await Promise.all([readVersion(currentLabel), readVersion(datesLabel)])
    if (!current) throw new CommandError(`The secret ${secretId} has no value: \`pulumi up\` creates it.`)
    const keys = readKeys(current.text, 'production', `The secret ${secretId}`)
    return { current, dates, keys: withDates(keys, dates?.text) }
  }

  async function readVersion (label: string): Promise<Version | undefined> {
    try {
      const { VersionId: id, SecretString: text } = await secrets.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: label }))
      return { id: id!, text: text ?? '' }
    } catch (error) {
      if (error instanceof ResourceNotFoundException && label !== currentLabel) return undefined
      throw error
    }
  }

  /**
   * Creates a version with the text, then moves the label to it from the version `from`. If the label is on another version by now,
   * Secrets Manager refuses the move, and the label stays there. Returns undefined if the label was moved.
   */
  async function replace (label: string, from: Version | undefined, text: string): Promise<Failure | undefined> {
    const { VersionId: id } = await secrets.send(new PutSecretValueCommand({
      SecretId: secretId, SecretString: text, ClientRequestToken: randomUUID(), VersionStages: [pendingLabel],
    }))
    try {
      await secrets.send(new UpdateSecretVersionStageCommand({
        SecretId: secretId, VersionStage: label, MoveToVersionId: id, ...(from ? { RemoveFromVersionId: from.id } : {}),
      }))
      return undefined
    } catch (error) {
      return { reason: (error as Error).message, ...(error instanceof InvalidParameterException ? {} : { cause: error }) }
    }
  }

  async function write ({ current, dates, keys }: Awaited<ReturnType<typeof read>>, changed: readonly ApiKey[]): Promise<Failure | undefined> {
    const [list, newDates] = [JSON.stringify(withoutDates(changed)), datesOf(changed)]
    readKeys(list, 'production', 'The changed list')
    if (Buffer.byteLength(list) > maxBytes) throw new CommandError(`The list would exceed the ${maxBytes} bytes of a secret: revoke unused keys.`)
    // The creation times are written first: after the list has the key, the key can be printed, and nothing may fail after that.
    const failure = newDates === datesOf(keys) ? undefined : await replace(datesLabel, dates, newDates)
    if (failure?.cause) throw failure.cause
    return failure ?? await replace(currentLabel, current, list)
  }

  return {
    read: async () => (await read()).keys,
    async update (change) {
      let failure: Failure | undefined
      for (let [tries, lost] = [0, 0]; ; tries++) {
        // After a lost response, this read shows whether the list was changed.
        const found = await read().catch(error => { throw failure?.cause ? new UnknownResult(failure.cause) : error })
        const changed = change(found.keys)
        if (changed === found.keys) return
        if (failure?.cause) {
          if (isRefusal(failure.cause)) throw failure.cause
          if (++lost === maxLost) throw new UnknownResult(failure.cause)
        } else if (failure && tries >= maxTries) {
          throw new CommandError(`The keys were not changed: Secrets Manager refused the change ${tries} times. The last reason: ${failure.reason}`)
        }
        failure = await write(found, changed)
        if (failure === undefined) return
        await pause(backoffMs(tries + 1, { maxMs: 2_000 }))
      }
    },
  }
}

/** Returns true if Secrets Manager responded that it refuses the request, for example because of a missing permission. */
const isRefusal = (error: unknown): boolean => {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
  return status !== undefined && status < 500
}
