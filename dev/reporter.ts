/** Terminal output: one line for each step, and one for each problem and its recovery. */
export type Reporter = {
  /** Prints a finished step, or a part of it. */
  step: (name: string, text: string) => void
  /** Prints the progress of a step: on a terminal the same line changes, otherwise each text is a line. */
  progress: (name: string, text: string) => void
  /** Prints a line unchanged. */
  print: (text: string) => void
}

export function openReporter (out: NodeJS.WriteStream = process.stdout): Reporter {
  out.on('error', () => {}) // a closed pipe (`npm start | head`) stops nothing
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
