import * as pulumi from '@pulumi/pulumi'
import { checkConfig, RefusedConfig } from './check-config.ts'
import type { Config } from './config-schema.ts'

/**
 * Returns the stack's configuration with its defaults. No other code reads it. Throws RunError, which Pulumi shows without
 * a stack trace, with all problems at once.
 */
export function readConfig (): Config {
  const all = pulumi.runtime.allConfig()
  const prefix = `${pulumi.getProject()}:`
  const own = Object.entries(all).filter(([key]) => key.startsWith(prefix)).map(([key, text]) => [key.slice(prefix.length), parse(text)] as const)
  const unknownKeys = Object.keys(all).filter(key => !key.startsWith(prefix) && !/^(aws:region|pulumi:.*)$/.test(key))
  const region = all['aws:region']
  const problems = unknownKeys.map(key => `${key} is not known: a stack sets no key of the provider but aws:region; AWS_PROFILE selects a profile`)
  if (!region) problems.push('aws:region is missing')
  try {
    return checkConfig(Object.fromEntries(own), pulumi.getStack(), region ?? '', problems)
  } catch (error) {
    throw error instanceof RefusedConfig ? new pulumi.RunError(error.message) : error
  }
}

/** Parses objects, lists and flags as JSON. Everything else stays text: an account is not a number. */
function parse (text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'number' ? text : value
  } catch {
    return text
  }
}
