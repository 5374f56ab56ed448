import { Value } from 'typebox/value'
import { problemsOf } from './config-rules.ts'
import { Schema, type Config, type Settings } from './config-schema.ts'

/** The problems of a stack's configuration, one sentence each. */
export class RefusedConfig extends Error {
  readonly problems: string[]
  constructor (problems: string[]) {
    super(`The configuration of this stack is refused:\n${problems.map(problem => `  ${problem}`).join('\n')}\nEvery key is described in docs/aws.md.`)
    this.problems = problems
  }
}

/** Returns `given` with defaults, checked by the schema and the rules. Throws RefusedConfig. */
export function checkConfig (given: Record<string, unknown>, stack: string, region: string, problems: string[] = []): Config {
  const settings = Value.Default(Schema, structuredClone(given)) as Settings
  for (const error of Value.Errors(Schema, settings)) {
    const at = error.instancePath.slice(1).replaceAll('/', '.')
    if (error.keyword === 'required') {
      problems.push(...error.params.requiredProperties.map(name => `${join(at, name)} is missing`))
    } else if (error.keyword === 'additionalProperties') {
      problems.push(...error.params.additionalProperties.map(name => `${join(at, name)} is not known`))
    } else if (at && error.keyword !== 'boolean') problems.push(`${at} ${error.message}`)
  }
  const config = { ...settings, stack, region }
  if (problems.length === 0) problems.push(...problemsOf(config))
  if (problems.length > 0) throw new RefusedConfig([...new Set(problems)])
  return config
}

const join = (at: string, name: string): string => at ? `${at}.${name}` : name
