/** Leaves of package.json's dependencies the one that is named; npm then takes the versions of package-lock.json for all below it. */
import { readFileSync, writeFileSync } from 'node:fs'

const name = process.argv[2]
const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const dependencies = { [name]: manifest.devDependencies[name] ?? manifest.dependencies[name] }
writeFileSync('package.json', JSON.stringify({ ...manifest, dependencies, devDependencies: {}, optionalDependencies: {} }, null, 2))
