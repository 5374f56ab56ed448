const width = 150

/** Formats JSON for diffs: a value that fits on a line is written on one line. */
export function format (value: unknown, indent = '', before = 0): string {
  const short = inline(value)
  if (indent.length + before + short.length <= width || value === null || typeof value !== 'object') return short
  const inner = `${indent}  `
  const [open, close, items] = Array.isArray(value)
    ? ['[', ']', value.map(item => inner + format(item, inner))]
    : ['{', '}', Object.entries(value).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${format(item, inner, name.length + 4)}`)]
  return `${open}\n${items.join(',\n')}\n${indent}${close}`
}

function inline (value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  const members = Object.entries(value).filter(([, item]) => item !== undefined).map(([name, item]) => `${JSON.stringify(name)}: ${inline(item)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}
