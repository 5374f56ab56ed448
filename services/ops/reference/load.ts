import { InvalidReference } from '../../../lib/reference/invalid-reference.ts'
import { loadReference, type Counts, type Loaded } from '../../../lib/reference/load.ts'
import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { readInput } from './read-input.ts'

export const loadReferenceFiles = command({
  name: 'reference load',
  summary: 'Adds and changes ports, regions or both, all or nothing. Rows that the files do not name stay.',
  details: 'The load affects the next batch and the next query. With --stack NAME the files are copied to the stack\'s bucket and deleted there afterwards.',
  options: {
    ports: { type: 'string', value: 'FILE', file: true, summary: 'Columns code, name, parent_slug and optionally aliases: other codes of the port, separated by spaces' },
    regions: { type: 'string', value: 'FILE', file: true, summary: 'Columns slug, name, parent_slug' },
    'dry-run': { type: 'boolean', summary: 'Shows what would change, and changes nothing' },
  },
  runs: 'task',
  async run ({ values: { ports, regions, 'dry-run': dryRun }, system }) {
    if (ports === undefined && regions === undefined) throw new CommandError('--ports FILE and --regions FILE are both missing: at least one is required.', 2)
    const [portsCsv, regionsCsv] = [await readInput(ports, system), await readInput(regions, system)]
    try {
      const loaded = await loadReference((await system()).sql(), portsCsv, regionsCsv, { dryRun })
      for (const line of linesOf(loaded)) console.log(line)
      if (dryRun) console.log('Dry run: nothing was changed.')
    } catch (error) {
      if (!(error instanceof InvalidReference)) throw error
      const lines = error.problems.map(({ file, line, code, message }) => `${file === 'ports' ? ports : regions}:${line}: ${code}: ${message}`)
      throw new CommandError(`${lines.join('\n')}\n\n${lines.length} problem${lines.length === 1 ? '' : 's'}; nothing was changed.`)
    }
  },
})

function linesOf ({ regions, ports, aliases, untouchedRegions, untouchedPorts, added, changed, becameAliases, becamePorts }: Loaded): string[] {
  return [
    ...becameAliases.map(({ code, port_code: port }) => `warning: ${code} was a port and is now an alias of ${port}`),
    `regions: ${counts(regions)}; ${untouchedRegions} not in the file`,
    `ports:   ${counts(ports)}; ${untouchedPorts} not in the file`,
    `aliases: ${counts(aliases)}, ${aliases.removed} removed`,
    ...becamePorts.map(({ code, port_code: port }) => `${code} was an alias of ${port} and is now a port`),
    ...(added.length > 0 ? [`added:   ${some(added)}`] : []),
    ...(changed.length > 0 ? [`changed: ${some(changed)}`] : []),
  ]
}

const counts = ({ added, changed, unchanged }: Counts): string => `${added} added, ${changed} changed, ${unchanged} unchanged`

/** Maximum number of printed codes; the rest is printed as a number. */
const maxCodes = 50
const some = (codes: string[]): string =>
  codes.length <= maxCodes ? codes.join(' ') : `${codes.slice(0, maxCodes).join(' ')} and ${codes.length - maxCodes} more`
