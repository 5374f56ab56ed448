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
import { readKeys, UnknownResult, type KeyList } from './key-list.ts'

/**
 * Staging labels of the secret. AWSCURRENT is the list that the processes read. KEYS_CREATED has when the keys were made, beside the list:
 * the release before this one refuses a list with that member. KEYS_PENDING is on a version that has no other label yet.
 */
const [currentLabel, datesLabel, pendingLabel] = ['AWSCURRENT', 'KEYS_CREATED', 'KEYS_PENDING'] as const
/** Longest value that Secrets Manager takes, in bytes. */
const maxBytes = 65_536
const maxTries = 12
/** Tries without a response after which the result is unknown. */
const maxLost = 3

type Version = { id: string, text: string }

/** Why a label was not moved: Secrets Manager refused it. With `cause` it is not known whether the label was moved. */
type Failure = { reason: string, cause?: unknown }

/** The list of keys in a secret of Secrets Manager. */
export function openSecretList (secrets: SecretsManagerClient, secretId: string): KeyList {
  async function read () {
    const [current, dates] = await Promise.all([readVersion(currentLabel), readVersion(datesLabel)])
    if (!current) throw new CommandError(`The secret ${secretId} has no value: \`pulumi up\` makes it.`)
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
   * Makes a version with the text, then moves the label to it from the version `from`. Secrets Manager refuses the move when the label is
   * on another version by now: then the label stays there. Returns undefined when the label was moved.
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
    if (Buffer.byteLength(list) > maxBytes) throw new CommandError(`The list would be longer than the ${maxBytes} bytes of a secret: revoke keys that nobody uses.`)
    // The dates come first: once the key is in the list it can be printed, and nothing may fail after that.
    const failure = newDates === datesOf(keys) ? undefined : await replace(datesLabel, dates, newDates)
    if (failure?.cause) throw failure.cause
    return failure ?? await replace(currentLabel, current, list)
  }

  return {
    read: async () => (await read()).keys,
    async update (change) {
      let failure: Failure | undefined
      for (let [tries, lost] = [0, 0]; ; tries++) {
        // After a lost response this is the second look, which decides whether the list was changed.
        const found = await read().catch(error => { throw failure?.cause ? new UnknownResult(failure.cause) : error })
        const changed = change(found.keys)
        if (changed === found.keys) return
        if (failure?.cause) {
          if (isRefusal(failure.cause)) throw failure.cause
          if (++lost === maxLost) throw new UnknownResult(failure.cause)
        } else if (failure && tries >= maxTries) {
          throw new CommandError(`The keys were not changed: Secrets Manager refused it ${tries} times. The last reason: ${failure.reason}`)
        }
        failure = await write(found, changed)
        if (failure === undefined) return
        await pause(backoffMs(tries + 1, { maxMs: 2_000 }))
      }
    },
  }
}

/** Whether Secrets Manager has answered that it does not do it: for a right that is missing, say. */
const isRefusal = (error: unknown): boolean => {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
  return status !== undefined && status < 500
}
