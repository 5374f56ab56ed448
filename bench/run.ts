import { readdirSync } from 'node:fs'
import { cpus } from 'node:os'

/** `npm run bench [-- NAME …]`: each file in this folder is a benchmark. Without names all run, one after the other. */
const all = readdirSync(import.meta.dirname).filter(file => file !== 'run.ts' && file.endsWith('.ts')).map(file => file.slice(0, -3)).sort()
const names = process.argv.length > 2 ? process.argv.slice(2) : all
const unknown = names.filter(name => !all.includes(name))
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. The benchmarks are ${all.join(', ')}.`)
  process.exit(2)
}
console.log(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${process.platform} ${process.arch}`)
for (const name of names) {
  console.log(`\n# ${name}`)
  await import(`./${name}.ts`)
}
