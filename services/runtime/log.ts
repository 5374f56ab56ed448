import { pino, stdTimeFunctions, type Logger, type LoggerOptions } from 'pino'

export type Log = Logger

/**
 * The process's log: JSON lines on standard output, or readable ones where that is a terminal.
 * Secrets never get in: requests are logged without headers and errors of the database without parameters.
 */
export async function openLog (name: string, level: string): Promise<Log> {
  const options: LoggerOptions = {
    name,
    level,
    base: { name },
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: ['req.headers', '*.authorization', '*.password', 'err.query', 'err.parameters', 'err.args'], remove: true },
  }
  return process.stdout.isTTY ? pino(options, await prettyStream()) : pino(options)
}

/** pino-pretty is a development dependency: without it a terminal shows JSON. */
async function prettyStream (): Promise<NodeJS.WritableStream> {
  try {
    const { default: pretty } = await import('pino-pretty')
    return pretty({ sync: true, ignore: 'pid,hostname' })
  } catch {
    return process.stdout
  }
}
