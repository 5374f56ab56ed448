/** Shows progress on standard error: one line that is overwritten in a terminal, otherwise a line whenever the words change. */
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
