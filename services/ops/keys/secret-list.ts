import {
  GetSecretValueCommand, InvalidParameterException, PutSecretValueCommand, ResourceNotFoundException, UpdateSecretVersionStageCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '../../runtime/backoff.ts'
import { CommandError } from '../command.ts'
import { datesOf, withDates, withoutDates } from './key-dates.ts'
import { readKeys, type KeyList } from './key-list.ts'

/**
 * Staging labels of the secret. AWSCURRENT is the list that the processes read. KEYS_CREATED has when the keys were made, beside the list:
 * the release before this one refuses a list with that member. KEYS_PENDING is on a version that has no other label yet.
 */
const [currentLabel, datesLabel, pendingLabel] = ['AWSCURRENT', 'KEYS_CREATED', 'KEYS_PENDING'] as const
/** Longest value that Secrets Manager takes, in bytes. */
const maxBytes = 65_536
const maxTries = 12

type Version = { id: string, text: string }

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
   * on another version by now: then the label stays there, and the reason is returned.
   */
  async function replace (label: string, from: Version | undefined, text: string): Promise<string | undefined> {
    const { VersionId: id } = await secrets.send(new PutSecretValueCommand({
      SecretId: secretId, SecretString: text, ClientRequestToken: randomUUID(), VersionStages: [pendingLabel],
    }))
    try {
      await secrets.send(new UpdateSecretVersionStageCommand({
        SecretId: secretId, VersionStage: label, MoveToVersionId: id, ...(from ? { RemoveFromVersionId: from.id } : {}),
      }))
      return undefined
    } catch (error) {
      if (error instanceof InvalidParameterException) return error.message
      throw error
    }
  }

  return {
    read: async () => (await read()).keys,
    async update (change) {
      for (let tries = 1; ; tries++) {
        const { current, dates, keys } = await read()
        const changed = change(keys)
        if (changed === keys) return
        const [list, newDates] = [JSON.stringify(withoutDates(changed)), datesOf(changed)]
        readKeys(list, 'production', 'The changed list')
        if (Buffer.byteLength(list) > maxBytes) throw new CommandError(`The list would be longer than the ${maxBytes} bytes of a secret: revoke keys that nobody uses.`)
        // The dates come first: once the key is in the list it can be printed, and nothing may fail after that.
        let refused = newDates === datesOf(keys) ? undefined : await replace(datesLabel, dates, newDates)
        refused ??= await replace(currentLabel, current, list)
        if (refused === undefined) return
        if (tries === maxTries) throw new CommandError(`The keys were not changed: Secrets Manager refused it ${maxTries} times. The last reason: ${refused}`)
        await pause(backoffMs(tries, { maxMs: 2_000 }))
      }
    },
  }
}
