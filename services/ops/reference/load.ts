import { readText } from '../../reference/files.ts'
import { InvalidReference } from '../../reference/invalid-reference.ts'
import { loadReference, type Counts } from '../../reference/load.ts'
import { command, CommandError } from '../command.ts'

export const loadReferenceFiles = command({
  name: 'reference load',
  summary: 'Adds and changes ports and regions, all or nothing. Ports and regions that the files do not name stay.',
  details: 'The load counts from the next batch and the next query on.',
  options: {
    ports: { type: 'string', value: 'FILE', summary: 'Columns code, name, parent_slug and, if wanted, aliases: other codes of the port, separated by spaces', required: true },
    regions: { type: 'string', value: 'FILE', summary: 'Columns slug, name, parent_slug', required: true },
  },
  runs: 'task',
  async run ({ values: { ports, regions }, system }) {
    const [portsCsv, regionsCsv] = [await readInput(ports), await readInput(regions)]
    try {
      const loaded = await loadReference((await system()).sql(), portsCsv, regionsCsv)
      console.log(`regions: ${counts(loaded.regions)}; ${loaded.keptRegions} others stay`)
      console.log(`ports:   ${counts(loaded.ports)}; ${loaded.keptPorts} others stay`)
      console.log(`aliases: ${counts(loaded.aliases)}, ${loaded.aliases.removed} removed`)
      for (const { code, port_code: port } of loaded.becameAliases) console.log(`${code} was a port and is an alias of ${port} now`)
      for (const { code, port_code: port } of loaded.becamePorts) console.log(`${code} was an alias of ${port} and is a port of its own now`)
    } catch (error) {
      if (!(error instanceof InvalidReference)) throw error
      const lines = error.problems.map(({ file, line, code, message }) => `${file === 'ports' ? ports : regions}:${line}: ${code}: ${message}`)
      throw new CommandError(`${lines.join('\n')}\n\n${lines.length} problem${lines.length === 1 ? '' : 's'}; nothing was changed.`)
    }
  },
})

async function readInput (path: string): Promise<string> {
  try {
    return await readText(path)
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw new CommandError(`${path} is not UTF-8 text`)
    throw new CommandError(`${path} cannot be read: ${code ?? (error as Error).message}`)
  }
}

const counts = ({ added, changed, unchanged }: Counts): string => `${added} added, ${changed} changed, ${unchanged} as they were`
