import type { ExchangeResponse } from './exchange.ts'
import { matches, type Values } from './template.ts'

/** Members with text for people. The text may change; the member must be present. */
const prose = new Set(['title', 'detail', 'message', 'advice'])

/**
 * Returns the differences between a recording and a response, one line each; the list is empty if the contract holds. All recorded values must be
 * present and equal, lists in the same order. A response may have more headers and more members of JSON objects.
 */
export function differences (recorded: ExchangeResponse, response: ExchangeResponse, values: Values): string[] {
  const found: string[] = []
  if (recorded.status !== response.status) found.push(`status: ${response.status}, not ${recorded.status}`)
  for (const [name, value] of Object.entries(recorded.headers)) {
    const actual = response.headers[name]
    if (actual === undefined || !matches(value, actual, values)) found.push(`header ${name}: ${actual ?? 'not there'}, not ${value}`)
  }
  if (recorded.json !== undefined) compare('json', recorded.json, response.json)
  if (recorded.lines) compare('lines', recorded.lines, response.lines)
  if (recorded.ndjson) compare('ndjson', recorded.ndjson, response.ndjson)
  if (recorded.csv) compare('csv', records(recorded.csv), response.csv && records(response.csv))
  return found

  function compare (at: string, expected: unknown, actual: unknown): void {
    if (Array.isArray(expected)) {
      if (!Array.isArray(actual)) return differ(at, expected, actual)
      if (actual.length !== expected.length) found.push(`${at}: ${actual.length} items, not ${expected.length}`)
      for (const [index, item] of expected.entries()) if (index < actual.length) compare(`${at}[${index}]`, item, actual[index])
    } else if (expected !== null && typeof expected === 'object') {
      if (actual === null || typeof actual !== 'object' || Array.isArray(actual)) return differ(at, expected, actual)
      for (const [name, value] of Object.entries(expected)) compare(`${at}.${name}`, value, (actual as Record<string, unknown>)[name])
    } else if (typeof expected === 'string' && prose.has(at.slice(at.lastIndexOf('.') + 1))) {
      if (typeof actual !== 'string' || actual === '') differ(at, 'text', actual)
    } else if (typeof expected === 'string' && (typeof actual === 'string' || (typeof actual === 'number' && expected === '{:number}'))) {
      if (!matches(expected, String(actual), values)) differ(at, expected, actual)
    } else if (!Object.is(expected, actual)) {
      differ(at, expected, actual)
    }
  }

  function differ (at: string, expected: unknown, actual: unknown): void {
    found.push(`${at}: ${JSON.stringify(actual) ?? 'not there'}, not ${JSON.stringify(expected)}`)
  }
}

/** Returns the header, and the records by the names of their columns. A column's position is part of the contract, too. */
function records ([header = [], ...rows]: string[][]): unknown[] {
  return [header, ...rows.map(row => Object.fromEntries(row.map((cell, index) => [header[index] ?? index, cell])))]
}
