import { switchLedger } from '../../../lib/ledger/switch.ts'
import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { afterMigration } from './migrated.ts'

export const switchToLedger = command({
  name: 'ledger switch',
  summary: 'Switches batches to the ledger by lane and month. A release before 0.2.0 cannot return afterwards.',
  details: 'The command is refused while a release before 0.2.0 is connected. It waits up to ten minutes for open transactions of batches. The workers then convert the prices of before in the background: `ledger status` shows how many are left.',
  options: {},
  runs: 'task',
  async run ({ system }) {
    const switched = await afterMigration(switchLedger((await system()).sql())).catch((error: unknown) => {
      const { code, message } = error as Error & { code?: string }
      if (code === '55006') throw new CommandError(`Refused: ${message}. Nothing was changed.`)
      if (code === '55P03') throw new CommandError('Refused: open transactions have written prices for ten minutes, and the wait for their locks was cancelled: `npm run ops -- db locks` shows their sessions. Nothing was changed.')
      throw error
    })
    console.log(switched
      ? 'Switched: batches are written to the ledger by lane and month from now on. `npm run ops -- ledger status` shows how many prices are left to convert.'
      : 'The ledger was switched before. Nothing was changed.')
  },
})
