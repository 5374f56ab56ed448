import { commands, commandsOf } from './commands.ts'
import type { Command, Option } from './command.ts'

const usageOf = (name: string, option: Option & { required?: true }): string => {
  const text = option.type === 'string' ? `--${name} ${option.value}` : `--${name}`
  return option.required ? text : `[${text}]`
}

/** `batches dead-letter ID … --why TEXT [--by NAME]` */
export function usage ({ name, operand, options }: Command): string {
  const shown = Object.entries(options as Record<string, Option>).map(([name, option]) => usageOf(name, option))
  return [name, ...(operand ? [operand.repeats ? `${operand.value} …` : operand.value] : []), ...shown].join(' ')
}

/** `npm run ops -- --help`, or of one noun: each command with its summary. */
export function helpOfAll (noun?: string): string {
  const shown = noun === undefined ? commands : commandsOf(noun)
  return `Usage: npm run ops -- COMMAND

${shown.map(command => `${usage(command)}\n    ${command.summary}`).join('\n')}

\`npm run ops -- COMMAND --help\` explains one command.
It works on the system that the environment names (DATABASE_URL, QUEUE_URL, PAYLOAD_BUCKET, AWS_REGION; INGESTION_API_URL and API_KEY to submit;
API_KEYS_SECRET or API_KEYS_FILE for keys; docker-compose.yml has neither: docs/containers.md) or, without these, on the one that \`npm start\` runs in this folder. With --stack NAME before the command it works on a stack on AWS.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.`
}

/** `npm run ops -- COMMAND --help` */
export function helpOf (command: Command): string {
  const { summary, details, operand, options } = command
  const lines = [
    ...(operand ? [[operand.value, operand.summary]] : []),
    ...Object.entries(options as Record<string, Option>).map(([name, option]) => [
      option.type === 'string' ? `--${name} ${option.value}` : `--${name}`,
      `${option.summary}${option.type === 'string' && option.default !== undefined ? ` (default: ${option.default})` : ''}`,
    ]),
  ]
  const width = Math.max(0, ...lines.map(([left]) => left!.length))
  return [
    `Usage: npm run ops -- ${usage(command)}`, '', summary, ...(details ? [details] : []),
    ...(lines.length > 0 ? ['', ...lines.map(([left, right]) => `  ${left!.padEnd(width)}  ${right}`)] : []),
  ].join('\n')
}

/** The help that these arguments ask for; undefined where they ask for none. */
export function requestedHelp (args: string[]): string | undefined {
  const end = args.indexOf('--')
  const words = end === -1 ? args : args.slice(0, end)
  const [noun, verb] = words
  if (noun === 'help' && words.length === 1) return helpOfAll()
  if (!words.some(word => word === '--help' || word === '-h')) return undefined
  const command = commands.find(({ name }) => name === noun || name === `${noun} ${verb}`)
  if (command) return helpOf(command)
  return noun !== undefined && commandsOf(noun).length > 0 ? helpOfAll(noun) : helpOfAll()
}
