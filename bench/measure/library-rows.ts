import { readFileSync } from 'node:fs'

/** Counts the rows of the workbook of the second argument by the library of the first, and prints the milliseconds that this takes. */
type Library = { streamXlsxRows: (bytes: Uint8Array) => AsyncIterable<{ values: unknown[] }> }
const [library, path] = process.argv.slice(2)
const { streamXlsxRows } = await import(library!) as Library
const bytes = readFileSync(path!)
const began = performance.now()
let count = 0
for await (const { values } of streamXlsxRows(bytes)) if (values.some(value => value !== null)) count++
console.log(JSON.stringify({ count, ms: performance.now() - began }))
