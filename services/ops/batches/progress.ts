/** Progress on standard error: a line that is written over on a terminal, a line for each change of words elsewhere. */
export function openProgress (stream: NodeJS.WriteStream = process.stderr): { show: (text: string) => void, line: (text: string) => void } {
  let shown = ''
  return {
    show (text) {
      if (text === shown) return
      if (stream.isTTY) stream.write(`\r\x1b[K${text}`)
      else if (text.replace(/\d.*/, '') !== shown.replace(/\d.*/, '')) stream.write(`${text}\n`)
      shown = text
    },
    line (text) {
      if (stream.isTTY && shown !== '') stream.write('\r\x1b[K')
      shown = ''
      console.log(text)
    },
  }
}
