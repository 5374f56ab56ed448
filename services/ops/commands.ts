import { deadLetterBatches } from './batches/dead-letter.ts'
import { showFailures } from './batches/failures.ts'
import { listBatches } from './batches/list.ts'
import { purgeBatch } from './batches/purge.ts'
import { releaseBatches } from './batches/release.ts'
import { replayBatches } from './batches/replay.ts'
import { showOneBatch } from './batches/show.ts'
import { submitBatch } from './batches/submit.ts'
import { unreadableBatches } from './batches/unreadable.ts'
import { waitingBatches } from './batches/waiting.ts'
import { withdrawBatches } from './batches/withdraw.ts'
import type { Command } from './command.ts'
import { CommandError } from './command-error.ts'
import { showActivity } from './db/activity.ts'
import { cancelSession } from './db/cancel.ts'
import { showLocks } from './db/locks.ts'
import { showReplication } from './db/replication.ts'
import { showSizes } from './db/sizes.ts'
import { showSlots } from './db/slots.ts'
import { discardDeadLetters } from './dead-letters/discard.ts'
import { listDeadLetters } from './dead-letters/list.ts'
import { redriveDeadLetters } from './dead-letters/redrive.ts'
import { showDeadLetter } from './dead-letters/show.ts'
import { addKey } from './keys/add.ts'
import { listKeys } from './keys/list.ts'
import { revokeKey } from './keys/revoke.ts'
import { mergeLedger } from './ledger/merge.ts'
import { showLedgerStatus } from './ledger/status.ts'
import { parkedMessages } from './messages/parked.ts'
import { strayMessages } from './messages/stray.ts'
import { findPrices } from './prices/find.ts'
import { showMonths } from './prices/months.ts'
import { deleteProfile } from './profiles/delete.ts'
import { listProfiles } from './profiles/list.ts'
import { putProfile } from './profiles/put.ts'
import { showProfile } from './profiles/show.ts'
import { loadReferenceFiles } from './reference/load.ts'
import { retireCodes, unretireCodes } from './reference/retire.ts'
import { sample } from './sample.ts'

/** All commands of `npm run ops`, in the order of the help. */
export const commands: readonly Command[] = [
  listBatches, showOneBatch, waitingBatches, showFailures, unreadableBatches, deadLetterBatches, withdrawBatches, releaseBatches,
  purgeBatch, submitBatch, replayBatches,
  listDeadLetters, showDeadLetter, redriveDeadLetters, discardDeadLetters,
  strayMessages, parkedMessages, findPrices, showMonths, showLedgerStatus, mergeLedger,
  listProfiles, showProfile, putProfile, deleteProfile,
  loadReferenceFiles, retireCodes, unretireCodes,
  listKeys, addKey, revokeKey,
  showActivity, showLocks, cancelSession, showSizes, showSlots, showReplication,
  sample,
]

/** Returns the commands whose names begin with these words: `batches` has several. */
export const commandsOf = (noun: string): Command[] => commands.filter(({ name }) => name === noun || name.startsWith(`${noun} `))

/** Splits the arguments into the command and the arguments after its name. Throws CommandError for an unknown command. */
export function findCommand (args: string[]): { command: Command, rest: string[] } {
  const [noun = '', verb = ''] = args
  for (const command of commands) {
    if (command.name === noun) return { command, rest: args.slice(1) }
    if (command.name === `${noun} ${verb}`) return { command, rest: args.slice(2) }
  }
  const siblings = commandsOf(noun).map(({ name }) => name)
  if (siblings.length === 0) throw new CommandError(`There is no command "${noun}": \`npm run ops -- --help\` lists the commands.`, 2)
  const names = siblings.join(', ')
  throw new CommandError(verb === '' || verb.startsWith('-')
    ? `"${noun}" needs a verb. The commands are: ${names}.`
    : `There is no command "${noun} ${verb}". The commands are: ${names}.`, 2)
}
