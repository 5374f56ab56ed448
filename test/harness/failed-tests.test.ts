import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { failedFiles, failureSummary } from './failed-tests.ts'

// In the format of tap 21.8, without the details of each failure.
const failed = `TAP version 14
# Subtest: outer
    # Subtest: inner \\# with hash
        not ok 1 - one is two
          ---
          compare: ===
          ...
        not ok 2 - should be equal
        1..2
    not ok 1 - inner \\# with hash # time=111.322ms
    not ok 2 - its own
    1..2
not ok 1 - outer # time=124.843ms
# Subtest: good
    ok 1 - should be equal
    1..1
ok 2 - good # time=4.267ms
1..2
`
const passed = 'TAP version 14\nok 1 - fine\n1..1\n'
const died = 'TAP version 14\n# Subtest: dies\n    ok 1 - should be equal\n'

t.test('a failed run names each file, its failed assertions and the command that runs it alone', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-tap-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'test/a'), { recursive: true })
  for (const [name, tap] of Object.entries({ failed, passed, died, unstarted: '' })) writeFileSync(join(folder, `test/a/${name}.test.ts.tap`), tap)
  const files = failedFiles(folder, 0)
  t.same(files, [
    { file: 'test/a/died.test.ts', tests: ['exited before its last test'] },
    { file: 'test/a/failed.test.ts', tests: ['outer › inner # with hash › one is two', 'outer › inner # with hash › should be equal', 'outer › its own'] },
    { file: 'test/a/unstarted.test.ts', tests: ['exited before its last test'] },
  ])
  t.match(failureSummary(files), /^FAILED npm test -- test\/a\/failed\.test\.ts\n {2}outer › inner # with hash › one is two$/m)
  t.same(failedFiles(folder, Date.now() + 60_000), [], 'of an earlier run')
})
