import { RunError } from '@pulumi/pulumi'
import { type Declaration, type Entry, runEntry } from './run-entry.ts'

export type Answer = { declaration: Declaration } | { error: Error, isRunError: boolean }

/** Runs each program that the parent process sends, and answers with what the program declared. */
process.on('message', async (entry: Entry) => {
  const answer: Answer = await runEntry(entry)
    .then(declaration => ({ declaration }), (error: Error) => ({ error, isRunError: RunError.isInstance(error) }))
  process.send!(answer)
})
process.on('disconnect', () => process.exit())
