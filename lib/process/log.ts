import { writeSync } from 'node:fs'
import { pino, stdTimeFunctions, type DestinationStream, type Level, type Logger, type LoggerOptions } from 'pino'

export type Log = Logger

/** Where lines go. */
export type LogStream = DestinationStream & {
  /** Takes a line that is made when it is written, together with others: that is cheaper than to make each in the midst of other work. */
  later?: (line: () => string) => void
}

export const levels = pino.levels.values as Record<Level, number>

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
  return pino(options, process.stdout.isTTY ? await prettyStream() : createBufferedStream())
}

const [maxBufferedLines, maxBufferedMs] = [100, 200]

/**
 * Lines are written a hundred at a time, within a fifth of a second: a system call for each would cost a busy process more than all
 * else that it tells of itself. Warnings and what is worse go out at once, with all before them; the end of the process writes
 * the rest, unless it is killed. Not pino's own destination: where the reader of its lines is gone, that one tries for ever.
 */
function createBufferedStream (): LogStream {
  let lines: Array<string | (() => string)> = []
  let timer: NodeJS.Timeout | undefined
  function flush (): void {
    clearTimeout(timer)
    timer = undefined
    let text = ''
    for (const line of lines) text += typeof line === 'string' ? line : line()
    lines = []
    if (text) writeAll(text)
  }
  function add (line: string | (() => string), isUrgent: boolean): void {
    lines.push(line)
    if (isUrgent || lines.length >= maxBufferedLines) flush()
    else timer ??= setTimeout(flush, maxBufferedMs).unref()
  }
  process.on('exit', flush)
  process.stdout.on('error', () => {}) // the same for those who write past the log
  return {
    [Symbol.for('pino.metadata')]: true, // pino says each line's level
    write (line: string) { add(line, (this as unknown as { lastLevel: number }).lastLevel >= levels.warn) },
    later (line: () => string) { add(line, false) },
  } as LogStream
}

/** Waits for a reader that is slow; without one the text is given up, and nobody is kept from working or from ending. */
function writeAll (text: string): void {
  for (let rest: string | Buffer = text; rest.length > 0;) {
    try {
      const bytes: number = writeSync(1, rest as string)
      rest = bytes === rest.length && rest === text ? '' : Buffer.from(rest as string).subarray(bytes)
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
