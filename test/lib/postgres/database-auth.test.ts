import t from 'tap'
import { databaseProblems } from '../../../lib/postgres/database-auth.ts'
import { ops } from '../../harness/ops.ts'
import { runProcess } from '../../harness/process.ts'

const several = /names several hosts/
const [one, two] = ['postgres://x:hunter2@a:5432/freight', 'postgres://x:hunter2@a:5432,b:5432/freight']

t.test('a URL names one host', async t => {
  const problems: Array<[url: string, problem: RegExp | null]> = [
    [one, null],
    ['postgresql://x:hunter2@a/freight?sslmode=require', null],
    ['postgres://x:hun,ter2@a/freight', null],
    ['postgres://x:hunter2@[::1]:5432/freight', null],
    [two, several],
    ['postgres://x:hunter2@a,b/freight', several],
    ['postgres://a,b:5432/freight', several],
    ['postgres://x:hunter2@a,/freight', several],
    ['postgres://x:hunter2@a%2Cb/freight', several],
    ['postgres://x:hunter2@a,b', several],
    ['postgres://x:hunter2@a,b?sslmode=require', several],
    ['postgres:///freight?host=a,b', /has the parameter host/],
    ['postgres://x:hunter2@a/freight?hostaddr=10.0.0.1', /has the parameter hostaddr/],
    ['postgres://x:hunter2@a:many/freight', /is not a URL/],
  ]
  for (const [url, problem] of problems) {
    for (const name of ['DATABASE_URL', 'BOOTSTRAP_DATABASE_URL']) {
      const found = databaseProblems({ DATABASE_URL: one, [name]: url })
      if (problem) t.match(found, [new RegExp(`^${name} ${problem.source}`)], `${name}=${url}`)
      t.equal(found.length, problem ? 1 : 0, `${name}=${url}`)
      t.notMatch(found.join(), /hunter2|hun,ter2/)
    }
  }
})

t.test('each entry of DATABASE_READ_URLS names one host', async t => {
  const read = (urls: string): string[] => databaseProblems({ DATABASE_URL: one, DATABASE_READ_URLS: urls })
  t.same(read(`${one},${one}`), [])
  t.same(read(''), [])
  for (const urls of [two, `${one},${two}`, 'postgres://x:hunter2@a,b/freight', `${one},`, `${one},b`, 'postgres://x:hun,ter2@a/freight']) {
    t.match(read(urls), [/^DATABASE_READ_URLS has a comma that begins no postgres:\/\/ URL/], urls)
    t.equal(read(urls).length, 1, urls)
  }
  t.match(read(`${one},postgres://a%2Cb/freight`), [/^DATABASE_READ_URLS names several hosts/])
})

t.test('every process and every command is refused at its start', async t => {
  for (const name of ['rates-api', 'ingestion-api', 'ingestion-worker', 'migrate']) {
    t.match(await runProcess(t, name, { DATABASE_URL: two }), { code: 1, output: /^ *DATABASE_URL names several hosts/m }, name)
  }
  t.match(await runProcess(t, 'migrate', { DATABASE_URL: one, BOOTSTRAP_DATABASE_URL: two }), { code: 1, output: /BOOTSTRAP_DATABASE_URL names several hosts/ })
  t.match(await runProcess(t, 'rates-api', { DATABASE_URL: one, DATABASE_READ_URLS: two }), { code: 1, output: /DATABASE_READ_URLS has a comma/ })
  t.match(await runProcess(t, 'rates-api', { DATABASE_URL: 'postgres:///freight', PGHOST: 'a,b' }), { code: 1, output: /DATABASE_URL names several hosts/ })
  t.match(await ops(['batches', 'list', '--provider', 'demo'], { DATABASE_URL: two }), { code: 2, stderr: /DATABASE_URL names several hosts/ })
})
