import { resolve } from 'node:path'

type Environment = Record<string, string | undefined>

/**
 * Returns the first of these options that npm took for itself; undefined if there is none. Without `--`, npm removes every option from
 * the arguments of a script, and sets npm_config_OPTION instead: a command would run without its --dry-run.
 */
export function takenByNpm (script: string, options: string[], args: string[], env: Environment = process.env): string | undefined {
  if (env.npm_lifecycle_event !== script) return undefined
  return options.find(name => ![undefined, '', 'false'].includes(env[variableOf(name)]) && !args.some(arg => arg === `--${name}` || arg.startsWith(`--${name}=`)))
}

const variableOf = (option: string): string => `npm_config_${option.replaceAll('-', '_')}`

/** Returns the error's text for an option that npm took. `command` is what to write instead. */
export const textOfTaken = (option: string, command: string): string =>
  `npm took --${option} for itself (${variableOf(option)} is set): write \`${command}\`. Nothing was done.`

/** Returns a sentence for an error about missing arguments; empty if npm did not start this script. */
export const hintOnNpm = (script: string, env: Environment = process.env): string =>
  env.npm_lifecycle_event === script ? ` npm passes options to the command only after \`--\`: npm run ${script} -- …` : ''

/** Resolves a path against the folder in which npm was called: npm runs a script in the folder of package.json. */
export const pathFromCaller = (script: string, path: string, env: Environment = process.env): string =>
  env.npm_lifecycle_event === script && env.INIT_CWD ? resolve(env.INIT_CWD, path) : path
