import { writeSync } from 'node:fs'
import { pino, stdTimeFunctions, type DestinationStream, type Level, type Logger, type LoggerOptions } from 'pino'

export type Log = Logger

/** The destination of log lines. */
export type LogStream = DestinationStream & {
  /** Accepts a line that is formatted at the next flush. Formatting many lines together costs less than formatting each in between other work. */
  later?: (line: () => string) => void
}

export const levels = pino.levels.values as Record<Level, number>

/**
 * Opens the log of the process: JSON lines on standard output, or readable lines if standard output is a terminal.
 * Secrets never reach the log: requests are logged without headers, and database errors without parameters.
 */
export async function openLog (name: string, level: string, stream?: LogStream): Promise<Log> {
  const options: LoggerOptions = {
    name,
    level,
    base: { name },
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: ['req.headers', '*.authorization', '*.password', 'err.query', 'err.parameters', 'err.args'], remove: true },
  }
  const output: LogStream = stream ?? (process.stdout.isTTY ? await prettyStream() : createBufferedStream())
  const log = pino(options, output)
  streams.set(log, output)
  return log
}

const streams = new WeakMap<Log, LogStream>()

/** Returns the stream of a log that `openLog` created. pino shows the stream of a log only by a symbol of its own. */
export const streamOf = (log: Log): LogStream | undefined => streams.get(log)

const [maxBufferedLines, maxBufferedMs] = [100, 200]

/**
 * Creates a stream that flushes every 100 lines or 200 ms. One system call per line would cost a busy process more than all of
 * its other logging. A line at `warn` or above flushes the buffer at once, and so does the exit of the process; after SIGKILL the
 * buffered lines are lost. pino's own destination is not used: it retries forever after the reader of the pipe has closed.
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
  process.stdout.on('error', () => {}) // code that writes to standard output without the log must not crash either
  return {
    [Symbol.for('pino.metadata')]: true, // pino then sets `lastLevel` before each write
    write (line: string) { add(line, (this as unknown as { lastLevel: number }).lastLevel >= levels.warn) },
    later (line: () => string) { add(line, false) },
  } as LogStream
}

/** Waits for a slow reader. Without a reader the text is dropped, so that the log blocks neither work nor shutdown. */
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

/** pino-pretty is a development dependency: without the package, a terminal shows JSON. */
async function prettyStream (): Promise<NodeJS.WritableStream> {
  try {
    const { default: pretty } = await import('pino-pretty')
    return pretty({ sync: true, ignore: 'pid,hostname' })
  } catch {
    return process.stdout
  }
}
