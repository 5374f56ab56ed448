import { execFile } from 'node:child_process'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { childEnvironment } from '../harness/child-environment.ts'

type Bom = { bomFormat: string, metadata: { component: { purl: string } }, components: Array<{ purl: string }> }
type Lock = { packages: Record<string, { version: string, dev?: boolean, optional?: boolean, devOptional?: boolean }> }

const root = join(import.meta.dirname, '../..')
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
/** Packages that `npm ci --omit=dev --omit=optional` installs. */
const installed = Object.keys(packages).filter(path => path && !packages[path]!.dev && !packages[path]!.optional && !packages[path]!.devOptional)

t.test('the bill of materials of an image names what npm installs in the image, and nothing else', async t => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')
  const command = /^RUN (npm pkg delete [^]+? > sbom\.cdx\.json)$/m.exec(dockerfile)?.[1]
  t.ok(command)
  t.equal([...dockerfile.matchAll(/^COPY --from=dependencies \/app\/sbom\.cdx\.json (\/|\.\/)$/gm)].length, 2, 'in the image, and in the stage that is written beside it')

  // As in the image: the lock file has the development dependencies, and they are not installed.
  const folder = t.testdir({})
  for (const file of ['package.json', 'package-lock.json', '.npmrc', ...installed.map(path => join(path, 'package.json'))]) cpSync(join(root, file), join(folder, file))
  await promisify(execFile)('sh', ['-c', command!], { cwd: folder, env: { ...childEnvironment, HOME: folder } })
  const { bomFormat, metadata, components } = JSON.parse(readFileSync(join(folder, 'sbom.cdx.json'), 'utf8')) as Bom
  t.same([bomFormat, nameOf(metadata.component.purl).replace(/@.*/, '')], ['CycloneDX', 'freight-rates'])
  const expected = installed.map(path => `${path.split('node_modules/').at(-1)}@${packages[path]!.version}`)
  t.same(components.map(({ purl }) => nameOf(purl)).sort(), [...new Set(expected)].sort())
  t.ok(expected.some(name => name.startsWith('fastify@')))
})

const nameOf = (purl: string): string => decodeURIComponent(purl.replace(/^pkg:npm\//, '').split('?')[0]!)
