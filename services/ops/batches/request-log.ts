import type { Log } from '../../../lib/process/log.ts'

/** Prints warnings of functions that the services share: a command has no log. */
export const requestLog = {
  warn: ({ err }: { err?: Error }, text: string) => console.error(err ? `${text}: ${err.message}` : text),
} as unknown as Log
