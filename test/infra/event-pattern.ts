type Pattern = { [key: string]: Pattern | Pattern[] | Matcher[] }
type Matcher = string | number | { prefix: string } | { exists: boolean } | { 'anything-but': unknown[] }

/** Returns whether EventBridge matches an event, as documented for literals, `prefix`, `anything-but`, `exists`, `$or` and arrays in events. */
export function matches (pattern: Pattern, event: any): boolean {
  return Object.entries(pattern).every(([key, wanted]) => {
    if (key === '$or') return (wanted as Pattern[]).some(each => matches(each, event))
    const value = event?.[key]
    if (!Array.isArray(wanted)) return [value].flat().some(each => matches(wanted, each))
    return (wanted as Matcher[]).some(matcher => [value].flat().some(each => fits(matcher, each)))
  })
}

function fits (matcher: Matcher, value: unknown): boolean {
  if (typeof matcher !== 'object') return matcher === value
  if ('prefix' in matcher) return typeof value === 'string' && value.startsWith(matcher.prefix)
  if ('exists' in matcher) return (value !== undefined) === matcher.exists
  return value !== undefined && !matcher['anything-but'].includes(value)
}
