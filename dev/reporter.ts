/** What the terminal shows: one line for each step, and one for everything that went wrong and was put right. */
export type Reporter = {
  /** A step that is done, or a part of it. */
  step: (name: string, text: string) => void
  /** How far a step has come: on a terminal the same line changes, elsewhere every text is a line. */
  progress: (name: string, text: string) => void
  /** A line as it is. */
  print: (text: string) => void
}

export function openReporter (out: NodeJS.WriteStream = process.stdout): Reporter {
  out.on('error', () => {}) // a reader that went away (`npm start | head`) ends nothing
  const line = (name: string, text: string): string => `${name.padEnd(18)}${text}`
  let unfinished = ''
  const write = (text: string): void => {
    out.write(`${unfinished ? '\r\x1b[K' : ''}${text}\n${unfinished}`)
  }
  return {
    step (name, text) {
      const erase = unfinished ? '\r\x1b[K' : ''
      unfinished = ''
      out.write(`${erase}${line(name, text)}\n`)
    },
    progress (name, text) {
      if (!out.isTTY) return write(line(name, text))
      unfinished = line(name, text).slice(0, out.columns - 1)
      out.write(`\r\x1b[K${unfinished}`)
    },
    print: write,
  }
}
