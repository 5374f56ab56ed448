import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { tlsOf } from '../../../lib/postgres/database-tls.ts'
import { authority } from '../../harness/certificates.ts'
import { temporaryServer } from '../../harness/server.ts'
import { useCertificate } from '../../harness/server-settings.ts'

const server = await temporaryServer()
t.teardown(() => server.remove())
const folder = mkdtempSync(join(tmpdir(), 'freight-rates-test-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const ours = await authority()
const theirs = await authority()
const ca = join(folder, 'ours.pem')
writeFileSync(ca, ours.cert)

const connect = (parameters: string, host = '127.0.0.1') => {
  const url = new URL(`${server.url('postgres', 'postgres')}?${parameters}`)
  url.hostname = host
  return openDatabase({ url: url.href, process: 'test', poolSize: 1 })
}

/** Resolves with whether the connection has TLS, or with the code of the refusal. */
async function outcome (parameters: string, host?: string): Promise<boolean | string> {
  const sql = connect(parameters, host)
  try {
    const [row] = await sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`
    return row!.ssl as boolean
  } catch (error) {
    return (error as { code: string }).code
  } finally {
    await sql.end({ timeout: 0 })
  }
}

t.test('a server without TLS', async t => {
  t.equal(await outcome(''), false)
  t.equal(await outcome('sslmode=prefer'), false)
  for (const mode of ['require', 'verify-ca', 'verify-full']) t.equal(await outcome(`sslmode=${mode}&sslrootcert=${ca}`), 'EPROTO', mode)
})

t.test('a server with a certificate of the right authority', async t => {
  await useCertificate(server, await ours.issue('127.0.0.1', 'localhost'))
  t.equal(await outcome('sslmode=disable'), false)
  for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full']) t.equal(await outcome(`sslmode=${mode}&sslrootcert=${ca}`), true, mode)
  t.equal(await outcome(`sslmode=verify-full&sslrootcert=${ca}`, 'localhost'), true, 'by another of its names')
  t.match(await outcome('sslmode=verify-full'), /LEAF_SIGNATURE|CERT/, 'the authority is not one of the machine\'s')
})

t.test('a certificate for another host', async t => {
  await useCertificate(server, await ours.issue('db.example', 'localhost'))
  t.equal(await outcome(`sslmode=verify-full&sslrootcert=${ca}`), 'ERR_TLS_CERT_ALTNAME_INVALID', 'even where Node would take an address for localhost')
  t.equal(await outcome(`sslmode=verify-full&sslrootcert=${ca}`, 'localhost'), true)
  t.equal(await outcome(`sslmode=verify-ca&sslrootcert=${ca}`), true)
})

t.test('a certificate of an unknown authority; the pool recovers when the right one is used', async t => {
  await useCertificate(server, await theirs.issue('127.0.0.1'))
  for (const mode of ['verify-ca', 'verify-full']) t.match(await outcome(`sslmode=${mode}&sslrootcert=${ca}`), /LEAF_SIGNATURE|CERT/, mode)
  t.equal(await outcome(`sslmode=require&sslrootcert=${ca}`), true)
  const sql = connect(`sslmode=verify-full&sslrootcert=${ca}`)
  for (let tries = 0; tries < 3; tries++) await t.rejects(sql`select 1`, { code: /LEAF_SIGNATURE|CERT/ })
  await useCertificate(server, await ours.issue('127.0.0.1'))
  t.same(await sql`select 1 as one`, [{ one: 1 }])
  await sql.end()
})

t.test('the parameters of a URL', async t => {
  t.match(tlsOf('postgres://u@db.abc.eu-west-1.rds.amazonaws.com/x'), { mode: 'verify-full', ssl: { secureContext: Object } }, 'RDS is verified without a parameter')
  t.match(tlsOf('postgres://u@db.abc.eu-west-1.rds.amazonaws.com/x?sslmode=require'), { mode: 'require', ssl: 'require' })
  t.equal(tlsOf('postgres://u@localhost/x?sslmode=prefer&a=b').url, 'postgres://u@localhost/x?a=b')
  t.throws(() => tlsOf('postgres://u@localhost/x?sslmode=always'), /sslmode=always/)
})
