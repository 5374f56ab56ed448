import { commands, commandsOf } from './commands.ts'
import type { Command, Option } from './command.ts'

const usageOf = (name: string, option: Option & { required?: true }): string => {
  const text = option.type === 'string' ? `--${name} ${option.value}` : `--${name}`
  return option.required ? text : `[${text}]`
}

/** Returns the usage of a command, such as `batches dead-letter ID … --why TEXT [--by NAME]`. */
export function usage ({ name, operand, options }: Command): string {
  const shown = Object.entries(options as Record<string, Option>).map(([name, option]) => usageOf(name, option))
  return [name, ...(operand ? [operand.repeats ? `${operand.value} …` : operand.value] : []), ...shown].join(' ')
}

/** Returns the help of all commands, or of the commands of one noun, each with its summary. */
export function helpOfAll (noun?: string): string {
  const shown = noun === undefined ? commands : commandsOf(noun)
  return `Usage: npm run ops -- COMMAND

${shown.map(command => `${usage(command)}\n    ${command.summary}`).join('\n')}

\`npm run ops -- COMMAND --help\` explains one command.
By default a command works on the system that the environment names: DATABASE_URL, QUEUE_URL, PAYLOAD_BUCKET, AWS_REGION;
INGESTION_API_URL and API_KEY to submit; API_KEYS_SECRET or API_KEYS_FILE for keys (docker-compose.yml has neither: docs/containers.md).
Without these variables it works on the system that \`npm start\` runs in this folder. With --stack NAME before the command it works on a stack on AWS.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.`
}

/** Returns the help of one command. */
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

/** Returns the help that these arguments request; undefined if they request none. */
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
