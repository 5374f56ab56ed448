import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Reporter } from '../reporter.ts'

const tailLines = 20
const maxLineLength = 2_000 // characters of a line

export type Output = {
  /** Reads the child's output until it exits. A child blocks when its pipe is full. */
  read: (child: ChildProcess) => ChildProcess
  /** The last lines of the last child. */
  tail: () => string[]
  /** Prints the output so far, and from now on every new line. */
  forward: () => void
}

/** Collects a program's output: stored for its failure, and printed with its name as prefix once it has started. */
export function openOutput (name: string, reporter: Reporter): Output {
  let tail: string[] = []
  let isForwarding = false
  const print = (text: string): void => reporter.print(`${name.padEnd(18)}${text}`)
  return {
    read (child) {
      tail = []
      for (const stream of [child.stdout, child.stderr]) {
        if (!stream) continue
        stream.on('error', () => {})
        createInterface({ input: stream }).on('line', line => {
          const text = formatLogLine(line).slice(0, maxLineLength)
          if (!text.trim()) return
          tail.push(text)
          if (tail.length > tailLines) tail.shift()
          if (isForwarding) print(text)
        })
      }
      return child
    },
    tail: () => tail,
    forward () {
      if (!isForwarding) tail.forEach(print)
      isForwarding = true
    },
  }
}

type LogLine = Record<string, unknown> & { level?: number, msg?: string, err?: { message?: string, code?: string } }

const levels: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' }

/** Returns a JSON log line as text; any other line unchanged. */
function formatLogLine (line: string): string {
  if (!line.startsWith('{')) return line
  try {
    const { level, time: _time, name: _name, msg, err, ...rest } = JSON.parse(line) as LogLine
    if (level === undefined) return line
    const reason = [err?.message, err?.code].filter(Boolean).join(' ')
    const facts = Object.entries(rest).map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    return `${levels[level] ?? level}: ${msg ?? ''}${reason && reason !== msg ? ` (${reason})` : ''}${facts.join('')}`
  } catch {
    return line
  }
}
