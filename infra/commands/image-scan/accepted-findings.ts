import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { Refused } from '../pulumi.ts'

export interface Accepted {
  /** Identifier of the vulnerability in the registry. */
  id: string
  /** Last day, YYYY-MM-DD. */
  until: string
  why: string
}

const maxDays = 90

/**
 * Returns the accepted findings of a file. Throws Refused for an incomplete, unlimited or unknown entry,
 * because such an entry could accept more than somebody decided.
 */
export function readAccepted (file: string, today: string): Accepted[] {
  const { findings, ...others } = (parse(readFileSync(file, 'utf8')) ?? {}) as { findings?: unknown }
  if (!Array.isArray(findings) || Object.keys(others).length > 0) throw new Refused(`${file}: the file must have one member, the list "findings".`, 2)
  const last = new Date(Date.parse(today) + maxDays * 86_400_000).toISOString().slice(0, 10)
  const problems = findings.flatMap(finding => problemOf(finding, last) ?? [])
  if (problems.length > 0) throw new Refused(`${file}:\n${problems.map(problem => `  ${problem}`).join('\n')}`, 2)
  return findings as Accepted[]
}

function problemOf (finding: unknown, last: string): string | undefined {
  const { id, until, why, ...others } = (typeof finding === 'object' ? finding ?? {} : {}) as Record<string, unknown>
  const name = JSON.stringify(id ?? finding)
  if (typeof id !== 'string' || !/^[A-Z]+-[A-Za-z0-9-]+$/.test(id)) return `${name}: id must be the identifier of one vulnerability, such as CVE-2026-12345.`
  if (typeof until !== 'string' || !isDay(until)) return `${name}: until must be a day, YYYY-MM-DD.`
  if (until > last) return `${name}: until is more than ${maxDays} days ahead; the last permitted day is ${last}.`
  if (typeof why !== 'string' || why.trim() === '') return `${name}: why is missing.`
  if (Object.keys(others).length > 0) return `${name}: ${Object.keys(others).join(', ')} is not known.`
  return undefined
}

const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text)
