import t from 'tap'
import { testFiles } from './test-files.ts'

t.test('files stay, a folder becomes its test files, options pass through', async t => {
  t.strictSame(testFiles(['test/harness/test-files.test.ts', '--bail', 'test/lib/ledger/merge']),
    ['test/harness/test-files.test.ts', '--bail', 'test/lib/ledger/merge/step.test.ts', 'test/lib/ledger/merge/vacuum.test.ts'])
  t.strictSame(testFiles([]), [])
})

t.test('a file that does not exist, and a folder without tests, are refused beside others', async t => {
  for (const wrong of ['test/none.test.ts', 'docs']) t.throws(() => testFiles(['test/harness/test-files.test.ts', wrong]), { message: new RegExp(wrong) })
})
