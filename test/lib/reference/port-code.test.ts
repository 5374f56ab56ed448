import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { portCodePattern } from '../../../lib/reference/port-code.ts'
import { MALFORMED_PORT, Ports } from '../../../services/ingestion-worker/rows/values/ports.ts'

t.test('the checks of the database have the same pattern', async t => {
  const schema = readFileSync(join(import.meta.dirname, '../../../sql/schema.sql'), 'utf8')
  for (const name of ['ports_code_check', 'port_aliases_code_check']) {
    const [, pattern] = new RegExp(`constraint ${name} CHECK \\(\\(code ~ '([^']+)'::text\\)\\)`).exec(schema) ?? []
    t.equal(pattern, portCodePattern.source, name)
  }
})

t.test('the worker, which reads codes without a pattern, takes the same codes, in either case', async t => {
  const ports = new Ports(['CNSHA'])
  const wrong: string[] = []
  for (let place = 0; place < 5; place++) {
    for (let character = 0; character < 128; character++) {
      const code = [...'CN5H0'].with(place, String.fromCharCode(character)).join('')
      const isMalformed = ports.find(Buffer.from(code), 0, 5) === MALFORMED_PORT
      if (isMalformed === portCodePattern.test(code.toUpperCase())) wrong.push(code)
    }
  }
  t.strictSame(wrong, [])
})
