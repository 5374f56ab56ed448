/** Reduces package.json to one named dependency. npm then installs the versions of package-lock.json for it and its dependencies. */
import { readFileSync, writeFileSync } from 'node:fs'

const name = process.argv[2]
const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const dependencies = { [name]: manifest.devDependencies[name] ?? manifest.dependencies[name] }
writeFileSync('package.json', JSON.stringify({ ...manifest, dependencies, devDependencies: {}, optionalDependencies: {} }, null, 2))
