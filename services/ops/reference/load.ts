import { InvalidReference } from '../../../lib/reference/invalid-reference.ts'
import { loadReference, type Counts, type Loaded } from '../../../lib/reference/load.ts'
import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { readInput } from './read-input.ts'

export const loadReferenceFiles = command({
  name: 'reference load',
  summary: 'Adds and changes ports, regions or both, all or nothing. What the files do not name stays.',
  details: 'The load counts from the next batch and the next query on. With --stack NAME the files travel through the stack\'s bucket and are deleted there afterwards.',
  options: {
    ports: { type: 'string', value: 'FILE', file: true, summary: 'Columns code, name, parent_slug and, if wanted, aliases: other codes of the port, separated by spaces' },
    regions: { type: 'string', value: 'FILE', file: true, summary: 'Columns slug, name, parent_slug' },
    'dry-run': { type: 'boolean', summary: 'Says what would change and changes nothing' },
  },
  runs: 'task',
  async run ({ values: { ports, regions, 'dry-run': dryRun }, system }) {
    if (ports === undefined && regions === undefined) throw new CommandError('--ports FILE and --regions FILE are both missing: one of them is needed.', 2)
    const [portsCsv, regionsCsv] = [await readInput(ports, system), await readInput(regions, system)]
    try {
      const loaded = await loadReference((await system()).sql(), portsCsv, regionsCsv, { dryRun })
      for (const line of linesOf(loaded)) console.log(line)
      if (dryRun) console.log('This was a dry run: nothing was changed.')
    } catch (error) {
      if (!(error instanceof InvalidReference)) throw error
      const lines = error.problems.map(({ file, line, code, message }) => `${file === 'ports' ? ports : regions}:${line}: ${code}: ${message}`)
      throw new CommandError(`${lines.join('\n')}\n\n${lines.length} problem${lines.length === 1 ? '' : 's'}; nothing was changed.`)
    }
  },
})

function linesOf ({ regions, ports, aliases, untouchedRegions, untouchedPorts, added, changed, becameAliases, becamePorts }: Loaded): string[] {
  return [
    `regions: ${counts(regions)}; ${untouchedRegions} others stay`,
    `ports:   ${counts(ports)}; ${untouchedPorts} others stay`,
    `aliases: ${counts(aliases)}, ${aliases.removed} removed`,
    ...becameAliases.map(({ code, port_code: port }) => `${code} was a port and is an alias of ${port} now`),
    ...becamePorts.map(({ code, port_code: port }) => `${code} was an alias of ${port} and is a port of its own now`),
    ...(added.length > 0 ? [`added:   ${some(added)}`] : []),
    ...(changed.length > 0 ? [`changed: ${some(changed)}`] : []),
  ]
}

const counts = ({ added, changed, unchanged }: Counts): string => `${added} added, ${changed} changed, ${unchanged} as they were`

/** Codes that are printed; the rest is a number. */
const maxCodes = 50
const some = (codes: string[]): string =>
  codes.length <= maxCodes ? codes.join(' ') : `${codes.slice(0, maxCodes).join(' ')} and ${codes.length - maxCodes} more`
