/** Finds the statements that write to `batches` in the text of a source file: from the table's name to the end of the statement's literal. */
export function statementsOnBatches (source: string): string[] {
  const text = withoutSqlComments(source)
  const starts = /\b(?:update\s+(?:only\s+)?|insert\s+into\s+|merge\s+into\s+(?:only\s+)?)(?:(?:"?public"?\s*\.\s*)?"?batches"?(?=[\s(*])|\$\{)/gi
  return [...text.matchAll(starts)].map(({ index }) => text.slice(index, endOf(text, index)))
}

/**
 * Finds those among them that write `state`, or that may: columns that a helper of the driver lists, or a table whose name is a parameter.
 * An insert may have columns from a list, as the acceptance has. The default is the only state that it writes.
 */
export function stateUpdates (source: string): string[] {
  return statementsOnBatches(source).filter(statement => {
    if (/^insert\s+into\s+\S*batches/i.test(statement)) {
      const [columns, update] = statement.split(/\bdo\s+update\b/i)
      return /^[^(]*\([^)]*\bstate\b/.test(columns!) || (update !== undefined && /\bstate\b|\$\{/.test(update))
    }
    if (!/^update/i.test(statement)) return true
    if (/^update\s+(only\s+)?\$\{/i.test(statement)) return /\bstate\b/.test(statement)
    const [, assignments] = /\bset\b([\s\S]*?)(?:\bwhere\b|$)/i.exec(statement) ?? []
    return assignments === undefined || /\bstate\b|^\s*\$\{/.test(assignments)
  })
}

/** The end of a template literal, with the literals that are nested in its parameters. */
function endOf (text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    if (text[at] === '$' && text[at + 1] === '{') depth++
    else if (text[at] === '}' && depth > 0) depth--
    else if (text[at] === '`' && depth === 0) return at
  }
  return text.length
}

const withoutSqlComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/(?<!`)--[^\n`]*/g, ' ')
