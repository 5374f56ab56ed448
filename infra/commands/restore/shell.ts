/** Returns one argument of a command, quoted for bash. Leaves `$(…)` in double quotes as it is. */
export const argument = (text: string): string => /^[\w@%+=:,./-]+$/.test(text) || /^"\$\(.*\)"$/s.test(text) ? text : `'${text.replaceAll('\'', '\'\\\'\'')}'`

/** Flags: true is `--flag`, false is `--no-flag`, undefined is omitted, a list is one argument after the other. */
export type Flags = Record<string, string | number | boolean | string[] | undefined>

/** Returns a command with its flags, in lines of at most 120 characters that break before a flag. */
export function command (words: string, flags: Flags): string {
  const parts = Object.entries(flags).flatMap(([name, value]) => {
    if (value === undefined) return []
    if (typeof value === 'boolean') return [`--${value ? '' : 'no-'}${name}`]
    return [`--${name} ${[value].flat().map(item => argument(String(item))).join(' ')}`]
  })
  const lines = [words]
  for (const part of parts) {
    const longer = `${lines.at(-1)} ${part}`
    if (longer.length <= 118) lines[lines.length - 1] = longer
    else lines.push(`  ${part}`)
  }
  return lines.join(' \\\n')
}
