/** A command in a document: its words as a shell would parse them, and its line number. */
export type Documented = { words: string[], line: number }

const programs = ['npm', 'npx', 'node', 'curl', 'docker-compose', 'docker', 'aws', 'pulumi', 'git', 'psql']
const isCommand = new RegExp(`^([A-Z_]+=\\S* +)*(${programs.join('|')})( |$)`)

/** Returns the commands of a Markdown text, in blocks and in inline code: text that begins with a program, also after `|` and in `$(…)`. */
export function documentedCommands (markdown: string): Documented[] {
  const found: Documented[] = []
  const blocks = /^ *```(?:sh|bash)?\n([^]*?)^ *```$|^ *```\w+\n[^]*?^ *```$|`([^`\n]+)`/gm
  for (const match of markdown.matchAll(blocks)) {
    const [, block, inline] = match
    const line = markdown.slice(0, match.index).split('\n').length
    if (block !== undefined) found.push(...commandsOf(block, line + 1))
    else if (isCommand.test(inline!)) found.push(...commandsOf(inline!, line))
  }
  return found
}

function commandsOf (shell: string, firstLine: number): Documented[] {
  const found: Documented[] = []
  for (const { words, line } of splitCommands(shell)) {
    const nested = words.flatMap(word => [...word.matchAll(/\$\(([^()]*)\)/g)].flatMap(([, inner]) => commandsOf(inner!, firstLine + line)))
    const start = words.findIndex(word => !/^[A-Z_]+=/.test(word))
    if (start !== -1 && programs.includes(words[start]!)) found.push({ words: words.slice(start), line: firstLine + line })
    found.push(...nested)
  }
  return found
}

/**
 * Splits shell text into commands: at line ends, `|`, `;`, `&&` and `||`, and after `do`. Quotes keep a word together and are removed. Throws for
 * text that it cannot parse.
 */
function splitCommands (shell: string): Array<{ words: string[], line: number }> {
  const commands: Array<{ words: string[], line: number }> = []
  let words: string[] = []
  let line = 0
  const finishCommand = (): void => {
    if (words.length > 0) commands.push({ words, line })
    words = []
  }
  const token = /\\\n|(\n)|[ \t]+|(#[^\n]*)|(\|\|?|&&|;)|((?:\$\([^)]*\)|'[^']*'|"(?:\$\([^)]*\)|\\.|[^"\\])*"|\\[^\n]|[^\s'"|;&\\]|&(?!&))+)/gy
  let read = 0
  let redirected = false
  for (const match of shell.matchAll(token)) {
    const [text, newline, comment, operator, word] = match
    read += text.length
    if (newline || operator || word === 'do' || word === 'done') finishCommand()
    else if (word !== undefined && comment === undefined) {
      const isFile = redirected
      redirected = /^\d?[<>]+$/.test(word)
      if (isFile || redirected) continue
      if (words.length === 0) line = shell.slice(0, match.index).split('\n').length - 1
      words.push(word.replace(/'([^']*)'|"((?:\$\([^)]*\)|\\.|[^"\\])*)"/g, (_, single?: string, double?: string) => single ?? double!))
    }
  }
  finishCommand()
  if (read < shell.length) throw new Error(`no shell command: ${shell.slice(read)}`)
  return commands
}
