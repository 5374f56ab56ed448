/** One argument of a command, quoted for bash. `$(…)` in double quotes stays as it is. */
export const argument = (text: string): string => /^[\w@%+=:,./-]+$/.test(text) || /^"\$\(.*\)"$/s.test(text) ? text : `'${text.replaceAll('\'', '\'\\\'\'')}'`

/** true is `--flag`, false is `--no-flag`, undefined is left out, a list is one argument after the other. */
export type Flags = Record<string, string | number | boolean | string[] | undefined>

/** A command with its flags, broken into lines of at most 120 characters where a flag begins. */
export function command (words: string, flags: Flags): string {
  const parts = Object.entries(flags).flatMap(([name, value]) => {
    if (value === undefined) return []
    if (typeof value === 'boolean') return [`--${value ? '' : 'no-'}${name}`]
    return [`--${name} ${[value].flat().map(one => argument(String(one))).join(' ')}`]
  })
  const lines = [words]
  for (const part of parts) {
    const longer = `${lines.at(-1)} ${part}`
    if (longer.length <= 118) lines[lines.length - 1] = longer
    else lines.push(`  ${part}`)
  }
  return lines.join(' \\\n')
}
