import type { ExchangeResponse } from './exchange.ts'

/** Values that a run knows by name: `{batch}` in a request or a response stands for the value of `batch`. */
export type Values = Record<string, string>

/** Values that vary and have no name: `{:time}` in a response stands for any time. */
const types: Record<string, RegExp> = {
  sha256: /[0-9a-f]{64}/,
  uuid: /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/,
  time: /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/,
  'request-id': /[0-9a-f]{16}/,
  url: /https?:\/\/\S+/,
  number: /\d+(?:\.\d+)?/,
  'under-way': /(?:queued|processing|validated)/,
}

/** Fills in the placeholders of a request. `{repeat:a:300}` is 300 times the letter. Throws for a name that no exchange has stored. */
export function fill (text: string, values: Values): string {
  return text.replace(/\{repeat:([^:}]*):(\d+)\}/g, (_, piece: string, times: string) => piece.repeat(Number(times)))
    .replace(/\{([a-z]\w*)\}/g, (placeholder, name: string) => values[name] ?? fail(`no exchange has set ${placeholder}`))
}

/** Returns whether the text of a response matches the recording. */
export function matches (recorded: string, text: string, values: Values): boolean {
  if (!recorded.includes('{')) return recorded === text
  const parts = recorded.split(/(\{[a-z]\w*\}|\{:[a-z0-9-]+\})/g).map(part => {
    const [, colon, name = ''] = /^\{(:?)(.*)\}$/.exec(part) ?? []
    if (colon === ':' && types[name]) return types[name].source
    return escape(colon === '' ? values[name] ?? part : part)
  })
  return new RegExp(`^${parts.join('')}$`).test(text)
}

/** Returns the response as it is recorded: values that vary from run to run become placeholders. */
export function generalize (response: ExchangeResponse, values: Values): ExchangeResponse {
  const known = Object.entries(values).filter(([, value]) => value.length > 5).sort(([, one], [, other]) => other.length - one.length)
  return walk(response) as ExchangeResponse

  function walk (value: unknown, member?: string): unknown {
    if (typeof value === 'string') return name(value, member)
    if (Array.isArray(value)) return value.map(item => walk(item))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, key)]))
  }

  function name (text: string, member?: string): string {
    const named = known.reduce((text, [name, value]) => text.replaceAll(value, `{${name}}`), text)
    if (member === 'instance') return named.replace(types['request-id']!, '{:request-id}')
    if (member === 'retry-after' && Number(text) > 5) return '{:number}' // seconds that remain of a minute
    const general = named.replace(new RegExp(types.time!, 'g'), '{:time}').replace(new RegExp(types.uuid!, 'g'), '{:uuid}')
    return member === 'id' || member === 'location' ? general.replace(types.sha256!, '{:sha256}') : general
  }
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
const fail = (message: string): never => { throw new Error(message) }
