import { CommandError } from '../command-error.ts'

/** Awaits a query of the ledger's tables. Throws CommandError if an earlier release has made the database and the migrator has not run since. */
export async function afterMigration<T> (query: Promise<T>): Promise<T> {
  try {
    return await query
  } catch (error) {
    const { code } = error as { code?: string }
    if (code !== '42P01' && code !== '42883') throw error
    throw new CommandError('The database is that of an earlier release, without the ledger by lane and month. Run the migrator of this release first.', 1, { cause: error })
  }
}
