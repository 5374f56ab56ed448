import { pino, stdTimeFunctions, type DestinationStream, type Logger, type LoggerOptions } from 'pino'

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
  return pino(options, process.stdout.isTTY ? await prettyStream() : gathered())
}

/**
 * Lines are written a few at a time, within a fifth of a second: a system call for each would cost a busy process more than all
 * else that it tells of itself. Warnings and what is worse go out at once, with all before them; the end of the process writes
 * the rest, unless it is killed.
 */
function gathered (): DestinationStream {
  const out = pino.destination({ sync: true, minLength: 4_096, periodicFlush: 200 })
  process.on('exit', () => out.flushSync())
  return {
    write (line: string) {
      out.write(line)
      if (!quiet.test(line)) out.flushSync()
    },
  }
}
const quiet = /^\{"level":[123]0,/

/** pino-pretty is a development dependency: without it a terminal shows JSON. */
async function prettyStream (): Promise<NodeJS.WritableStream> {
  try {
    const { default: pretty } = await import('pino-pretty')
    return pretty({ sync: true, ignore: 'pid,hostname' })
  } catch {
    return process.stdout
  }
}
