import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '../..')
const tests = globSync('test/**/*.test.ts', { cwd: root }).filter(file => !/^test\/(system|harness)\//.test(file)).sort()
/** The source of `test/lib/x.test.ts` is `lib/x.ts`, or a helper of the test beside it. */
const hasSource = (file: string): boolean =>
  [file.replace(/^test\/(.*)\.test\.ts$/, '$1.ts'), file.replace(/\.test\.ts$/, '.ts')].some(source => existsSync(join(root, source)))

t.test('a test is found by the path of its source; test/README.md names the others', async t => {
  const others = tests.filter(file => !hasSource(file))
  t.ok(others.length <= tests.length / 10, `${tests.length - others.length} of ${tests.length} tests are found by path`)
  const named = readFileSync(join(root, 'test/README.md'), 'utf8')
  t.same(others.filter(file => !named.includes(`\`${file}\``)), [])
})
