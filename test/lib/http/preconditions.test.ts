import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { evaluate } from '../../../lib/http/preconditions.ts'

t.test('If-Match and If-None-Match', async t => {
  const cases: Array<[headers: IncomingHttpHeaders, tag: string | null, method: string, expected: string]> = [
    [{}, null, 'PUT', 'met'], [{}, 'a', 'GET', 'met'],
    [{ 'if-match': '"a"' }, 'a', 'PUT', 'met'], [{ 'if-match': '"b", "a"' }, 'a', 'PUT', 'met'], [{ 'if-match': '"b"' }, 'a', 'PUT', 'failed'],
    [{ 'if-match': 'W/"a"' }, 'a', 'PUT', 'failed'], [{ 'if-match': 'a' }, 'a', 'PUT', 'failed'], [{ 'if-match': '"a"' }, null, 'PUT', 'failed'],
    [{ 'if-match': '*' }, 'a', 'DELETE', 'met'], [{ 'if-match': '*' }, null, 'PUT', 'failed'],
    [{ 'if-none-match': '*' }, null, 'PUT', 'met'], [{ 'if-none-match': '*' }, 'a', 'PUT', 'failed'],
    [{ 'if-none-match': 'W/"a"' }, 'a', 'GET', 'not modified'], [{ 'if-none-match': '"b","a"' }, 'a', 'HEAD', 'not modified'], [{ 'if-none-match': '"b"' }, 'a', 'GET', 'met'],
    [{ 'if-match': '"b"', 'if-none-match': '"a"' }, 'a', 'GET', 'failed'],
  ]
  for (const [headers, tag, method, expected] of cases) t.equal(evaluate(headers, tag, method), expected, `${method} ${tag} ${JSON.stringify(headers)}`)
})
