const names: Readonly<Record<string, string>> = {
  '\0': 'NUL', '\t': 'tab', '\n': 'line feed', '\r': 'carriage return', ' ': 'space', '\u00a0': 'no-break space', '\u00ad': 'soft hyphen',
  '\u200b': 'zero width space', '\u200c': 'zero width non-joiner', '\u200d': 'zero width joiner', '\u200e': 'left-to-right mark',
  '\u200f': 'right-to-left mark', '\u2007': 'figure space', '\u2009': 'thin space',
  '\u2010': 'hyphen', '\u2011': 'no-break hyphen', '\u2012': 'figure dash',
  '\u2013': 'en dash', '\u2014': 'em dash', '\u2028': 'line separator', '\u202a': 'left-to-right embedding', '\u202c': 'pop directional formatting',
  '\u202f': 'narrow no-break space', '\u2060': 'word joiner', '\u2212': 'minus sign', '\u3000': 'ideographic space', '\ufeff': 'byte order mark',
  '\u20ac': 'euro sign', '\u00a3': 'pound sign', '\u00a5': 'yen sign', '\ufffd': 'a character that is not in UTF-8',
}
const maxNamed = 3

/**
 * Returns the names of invisible or ambiguous characters of a value: all characters except printable ASCII, and spaces at either end.
 * For example `U+00A0 (no-break space)`. Null if the value has none.
 */
export function findUnexpectedCharacters (text: string): string | null {
  const found = new Set(text.match(/^ | $|[^ -~]/gu))
  if (found.size === 0) return null
  const named = [...found].slice(0, maxNamed).map(character => {
    const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
    return names[character] ? `${code} (${names[character]})` : code
  })
  return named.join(', ') + (found.size > maxNamed ? ', …' : '')
}
