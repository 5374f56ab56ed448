import t from 'tap'
import { classify, isDatabaseUnavailable, reasonOf } from '../../../lib/process/failures.ts'

const sqlState = (code: string): Error => Object.assign(new Error('x'), { code, severity: 'ERROR' })
const aws = (name: string, httpStatusCode?: number): Error => Object.assign(new Error('x'), { name, $metadata: { httpStatusCode } })

t.test('the table of failures', async t => {
  for (const code of ['08006', '57P01', '57P02', '57P03', '25006', '25P03', '25P04', '28P01', '40001', '40P01', '55P03', '42P01', '42703', '42501', '3D000', '53100', '53200', '53300', '58030']) {
    t.equal(classify(sqlState(code)), 'wait', code)
  }
  for (const code of ['22001', '22P02', '23505', '23514', '57014', '25P02', 'XX000', 'P0001']) t.equal(classify(sqlState(code)), 'unknown', code)
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENOTFOUND', 'CONNECT_TIMEOUT', 'CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED']) {
    t.equal(classify(sqlState(code)), 'wait', code)
  }
  for (const error of [aws('InternalError', 500), aws('SlowDown', 503), aws('x', 429), aws('TimeoutError'), aws('ExpiredToken', 400), aws('AccessDenied', 403), aws('CredentialsProviderError')]) {
    t.equal(classify(error), 'wait', error.name)
  }
  for (const error of [aws('NoSuchKey', 404), aws('NoSuchVersion', 404), aws('PreconditionFailed', 412), sqlState('DIGEST_MISMATCH'), sqlState('NO_MANIFEST'), sqlState('INVALID_MANIFEST')]) {
    t.equal(classify(error), 'corrupt', `${error.name} ${(error as { code?: string }).code}`)
  }
  for (const code of ['MANIFEST_VERSION', 'DECISION_VERSION']) t.equal(classify(sqlState(code)), 'newer', code)
  t.equal(classify(aws('InvalidArgument', 400)), 'unknown')
  for (const error of [null, undefined, 'text', 7, new Error('x'), new TypeError('x')]) t.equal(classify(error), 'unknown', String(error))
  t.equal(classify(Object.assign(new Error('x'), { errors: [sqlState('ECONNREFUSED'), sqlState('ECONNREFUSED')] })), 'wait', 'every address refused')
  t.equal(classify(Object.assign(new Error('x'), { errors: [sqlState('ECONNREFUSED'), sqlState('22P02')] })), 'unknown')
})

t.test('for a response, a cancelled statement is an unavailable database', async t => {
  t.ok(isDatabaseUnavailable(sqlState('57014')))
  t.notOk(isDatabaseUnavailable(sqlState('22P02')))
})

t.test('a reason has a code and a message, bounded, and PostgreSQL can store it', async t => {
  t.equal(reasonOf(sqlState('23514')), '23514: x')
  t.equal(reasonOf(new TypeError('a\0b')), 'TypeError: ab')
  t.equal(reasonOf(sqlState('x'.repeat(9_999))).length, 500)
  t.equal(reasonOf('text'), 'error: text')
})
