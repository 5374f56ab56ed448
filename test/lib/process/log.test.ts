import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { childEnvironment } from '../../harness/child-environment.ts'

/** Source of a program that writes `lineCount` log lines on request, a warning last, and exits. */
const writer = (lineCount: number): string => `
  import { openLog } from ${JSON.stringify(join(import.meta.dirname, '../../../lib/process/log.ts'))}
  const log = await openLog('writer', 'info')
  process.stderr.write('lines?')
  process.stdin.once('data', () => {
    for (let line = 1; line < ${lineCount}; line++) log.info({ line }, 'x'.repeat(100))
    log.warn({ line: ${lineCount} }, 'the last')
    log.info('not waited for')
    process.exit(7)
  })`

const start = (lineCount: number) => spawn(process.execPath, ['--input-type=module', '-e', writer(lineCount)], { stdio: 'pipe', env: childEnvironment })

t.test('every line arrives, in order, at a slow reader', async t => {
  const child = start(20_000)
  await once(child.stderr, 'data')
  const exited = once(child, 'exit')
  child.stdin.write('go')
  await new Promise(resolve => child.stdout.once('readable', resolve)) // the program has filled the pipe, and waits
  const lines = (await child.stdout.setEncoding('utf8').reduce<string>((all, text) => all + text, '')).trimEnd().split('\n').map(line => JSON.parse(line))
  t.same(lines.map(({ line }) => line), [...Array.from({ length: 20_000 }, (_, index) => index + 1), undefined])
  t.same(await exited, [7, null])
})

for (const lineCount of [2, 20_000]) {
  t.test(`a closed reader prevents neither work nor exit: ${lineCount} lines`, async t => {
    const child = start(lineCount)
    t.teardown(() => child.kill('SIGKILL'))
    await once(child.stderr, 'data')
    child.stdout.destroy()
    const exited = once(child, 'exit')
    child.stdin.on('error', () => {}).write('go')
    t.same(await exited, [7, null])
  })
}
