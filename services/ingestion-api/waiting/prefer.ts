/** A quoted string, or an unterminated one to the end of the header. It always matches at a quote, so that a search takes linear time. */
const quoted = /"(?:[^"\\]|\\.)*(?:"|\\?$)/g

/**
 * Returns the seconds of the preference `wait` in a `Prefer` header (RFC 7240); 0 if there is none or its value is not a number of seconds.
 * The first `wait` counts. All other preferences are ignored.
 */
export function preferredWaitSeconds (header: string | string[] = ''): number {
  const preferences = String(header).replaceAll(quoted, '""').split(',')
  const wait = preferences.find(preference => /^[ \t]*wait[ \t]*(?:[=;]|$)/i.test(preference)) ?? ''
  return Number(/^[ \t]*wait[ \t]*=[ \t]*(\d+)[ \t]*(?:;|$)/i.exec(wait)?.[1] ?? 0)
}
