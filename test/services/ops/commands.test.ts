import t from 'tap'
import { readArguments } from '../../../services/ops/arguments.ts'
import { CommandError } from '../../../services/ops/command-error.ts'
import { commands, findCommand } from '../../../services/ops/commands.ts'
import { helpOf, helpOfAll, requestedHelp, usage } from '../../../services/ops/help.ts'
import { ops } from '../../harness/ops.ts'

/** Returns arguments that a command accepts: its operand, and a value for each required option. */
function complete ({ name, operand, options }: (typeof commands)[number]): string[] {
  const required = Object.entries<any>(options).filter(([, option]) => option.required)
  return [...name.split(' '), ...(operand ? ['operand'] : []), ...required.flatMap(([name]) => [`--${name}`, 'value'])]
}

t.test('every command has help, which names its operand and each option', async t => {
  for (const command of commands) {
    const help = requestedHelp([...command.name.split(' '), '--help'])
    t.equal(help, helpOf(command), command.name)
    for (const word of [usage(command), ...Object.keys(command.options).map(name => `--${name}`)]) t.ok(help!.includes(word), `${command.name}: ${word}`)
    t.ok(helpOfAll().includes(usage(command)), `${command.name} in the list`)
  }
})

t.test('every command names a missing operand or option', async t => {
  for (const command of commands) {
    const args = complete(command)
    t.equal(findCommand(args).command, command)
    t.doesNotThrow(() => readArguments(command, findCommand(args).rest), command.name)
    const without = (index: number, length: number): string[] => findCommand(args.toSpliced(index, length)).rest
    const words = command.name.split(' ').length
    if (command.operand) t.match(thrown(command, without(words, 1)), { exitCode: 2, message: `${command.operand.value} is missing` }, command.name)
    for (const [index, arg] of args.entries()) {
      if (arg.startsWith('--')) t.match(thrown(command, without(index, 2)), { exitCode: 2, message: `${arg} ` }, `${command.name} without ${arg}`)
    }
    t.match(thrown(command, [...findCommand(args).rest, '--nonsense']), { exitCode: 2, message: '--nonsense' }, command.name)
    if (!command.operand?.repeats) t.match(thrown(command, [...findCommand(args).rest, 'surplus']), { exitCode: 2, message: 'surplus' }, command.name)
  }
})

t.test('output and exit code of the process', async t => {
  t.match(await ops(['--help']), { code: 0, stdout: 'reference load [--ports FILE]' })
  t.match(await ops([]), { code: 2, stdout: 'batches list' })
  t.match(await ops(['nonsense']), { code: 2, stderr: 'There is no command "nonsense"' })
  t.match(await ops(['batches']), { code: 2, stderr: 'batches show' })
  t.match(await ops(['batches', 'nonsense']), { code: 2, stderr: 'There is no command "batches nonsense"' })
  t.match(await ops(['batches', '--help']), { code: 0, stdout: 'batches dead-letter ID' })
  t.match(await ops(['batches', 'dead-letter', '-h']), { code: 0, stdout: '--why TEXT' })
  t.match(await ops(['batches', 'waiting', '--nonsense']), { code: 2, stderr: /^Unknown option '--nonsense'\n\nUsage: / })
  t.match(await ops(['batches', 'waiting', '--stack', 'prod']), { code: 2, stderr: '--stack NAME comes before the command' })
  t.match(await ops(['reference', 'load']), { code: 2, stderr: '--ports FILE' })
})

function thrown (command: (typeof commands)[number], rest: string[]): unknown {
  try {
    readArguments(command, rest)
    return 'nothing'
  } catch (error) {
    return error instanceof CommandError ? error : `not a CommandError: ${error}`
  }
}
