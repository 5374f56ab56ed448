import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { resultsFile, tableOf, type Figure } from './measure/results.ts'

/**
 * `npm run bench [-- NAME …]`: each file in this folder is a benchmark, and has a process of its own. Without names all run, one after the
 * other. The figures are appended to results.jsonl and printed as a table.
 */
const all = readdirSync(import.meta.dirname).filter(file => file !== 'run.ts' && file.endsWith('.ts')).map(file => file.slice(0, -3)).sort()
/** Options of Node for a benchmark that measures the worker's own code: those of infra/processes.ts. */
const options: Record<string, string[]> = { apply: ['--max-semi-space-size=1'] }
const names = process.argv.length > 2 ? process.argv.slice(2) : all
const unknown = names.filter(name => !all.includes(name))
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. The benchmarks are ${all.join(', ')}.`)
  process.exit(2)
}
console.log(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${process.platform} ${process.arch}`)
const before = results().length
for (const name of names) {
  console.log(`\n# ${name}`)
  const { status } = spawnSync(process.execPath, [...process.execArgv, ...options[name] ?? [], join(import.meta.dirname, `${name}.ts`)], { stdio: 'inherit' })
  if (status !== 0) {
    console.error(`The benchmark ${name} failed.`)
    process.exitCode = 1
  }
}
const figures = results().slice(before)
if (figures.length > 0) console.log(`\n${tableOf(figures)}`)

function results (): Figure[] {
  return existsSync(resultsFile) ? readFileSync(resultsFile, 'utf8').trim().split('\n').filter(Boolean).map(line => JSON.parse(line) as Figure) : []
}
