import { writeSync } from 'node:fs'
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

/** A line that may wait for others: below a warning. */
const quiet = /^\{"level":[123]0,/
const [gatheredChars, gatheredMs] = [4_096, 200]

/**
 * Lines are written a few at a time, within a fifth of a second: a system call for each would cost a busy process more than all
 * else that it tells of itself. Warnings and what is worse go out at once, with all before them; the end of the process writes
 * the rest, unless it is killed. Not pino's own destination: where the reader of its lines is gone, that one tries for ever.
 */
function gathered (): DestinationStream {
  let lines = ''
  let timer: NodeJS.Timeout | undefined
  function flush (): void {
    clearTimeout(timer)
    timer = undefined
    const text = lines
    lines = ''
    if (text) writeAll(Buffer.from(text))
  }
  process.on('exit', flush)
  process.stdout.on('error', () => {}) // the same for those who write past the log
  return {
    write (line: string) {
      lines += line
      if (lines.length >= gatheredChars || !quiet.test(line)) flush()
      else timer ??= setTimeout(flush, gatheredMs).unref()
    },
  }
}

/** Waits for a reader that is slow; without one the bytes are given up, and nobody is kept from working or from ending. */
function writeAll (bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(1, bytes, written)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
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
