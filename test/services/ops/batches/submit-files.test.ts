import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { openQueue } from '../../../../lib/batch/queue.ts'
import { openStore } from '../../../../lib/batch/store/store.ts'
import { header, ingestionApi } from '../../../harness/ingestion-api.ts'
import { ops } from '../../../harness/ops.ts'
import type { Pipeline } from '../../../harness/pipeline.ts'
import { startWorker } from '../../../harness/worker.ts'

t.test('submit takes every kind of file, many files and a folder, and prints a line for each', async t => {
  const api = await ingestionApi(t)
  const queues = { queue: openQueue(api.aws.sqs, api.aws.queueUrl), deadLetters: openQueue(api.aws.sqs, api.aws.deadLetterQueueUrl) }
  startWorker(t, { db: api.db, aws: api.aws, store: openStore(api.aws.s3, api.aws.bucket), ...queues } as Pipeline)
  const run = (...args: string[]) => ops(args, { ...api.aws.env, INGESTION_API_URL: api.url, API_KEY: 'demo-key' })
  const sheets = new URL('../../../cases/sheets/', import.meta.url)
  const of = (day: number): string => `${header}CNGGZ,EETLL,2021-03-0${day},100\n`
  const book = (name: string): Buffer => readFileSync(new URL(`../../../cases/workbooks/${name}`, import.meta.url))
  const folder = t.testdir({
    'a.CSV': of(1), 'b.tsv': of(2).replaceAll(',', '\t'), 'c.txt': of(3), 'd.ndjson.gz': gzipSync('{"orig_code":"CNGGZ","dest_code":"EETLL","day":"2021-03-04","price":"1"}\n'),
    'e.json': '[{"orig_code":"CNGGZ","dest_code":"EETLL","day":"2021-03-05","price":"1"}]', 'f.xlsx': readFileSync(new URL('prices.xlsx', sheets)),
    'f1.xls': book('xlwt.xls'), 'f2.xlsm': book('xlsxwriter-macros.xlsm'), 'f3.xlsb': book('sheetjs-xlsb.xlsb'), 'f4.ods': book('libreoffice.ods'), 'f5.fods': book('sheetjs-fods.fods'),
    'f6.docx': 'PK', 'f7.png': 'PNG', README: 'prices',
    'g.parquet': readFileSync(new URL('prices.parquet', sheets)), 'h.zip': readFileSync(new URL('prices.csv.zip', sheets)), 'i.csv': 'wrong', 'j.pdf': '%PDF-1.4',
    'k.csv': t.fixture('symlink', 'a.CSV'), l: { 'm.csv': of(6) }, empty: {}, few: { 'a.xlsx': book('openpyxl-hidden.xlsx'), 'b.docx': 'PK' }, link: t.fixture('symlink', 'l'), '.n.csv': of(7), '~$o.xlsx': 'lock', 'p.csv': '%PDF-1.4',
  })
  const lines = ({ stdout }: { stdout: string }): string[] => stdout.trimEnd().split('\n')
  const all = await run('batches', 'submit', folder, '--dry-run')
  t.match(all, { code: 1, stderr: '8 of 16 files failed; 8 others were not sent.' })
  const expected = [
    /README: not sent: its name/, /a\.CSV: validated: 1 row; days: 2021-03-01, prices: 100\.00 USD; batch [0-9a-f]{64}$/, /b\.tsv: validated: 1 row;/, /c\.txt: validated: 1 row;/,
    /d\.ndjson\.gz: validated: 1 row;/, /e\.json: validated: 1 row;/,
    /empty: not sent: it is a folder/, /f\.xlsx: validated: 3 rows/,
    /f1\.xls: .*old Excel workbook \(XLS\).*: save it as Excel workbook/, /f2\.xlsm: .*macros: save it as/, /f3\.xlsb: .*\(XLSB\): save it/, /f4\.ods: .*\(ODS\): open it/, /f5\.fods: .*XML file: open it/,
    /f6\.docx: not sent: its name/, /f7\.png: not sent: its name/, /few: not sent: it is a folder/, /g\.parquet: validated: 3 rows/, /h\.zip: validated: 3 rows/, /i\.csv: rejected: 1 error in .*batch [0-9a-f]{64}$/,
    /j\.pdf: Unsupported media type: The file is a PDF document: send the prices as a table/, /k\.csv: not sent: it is a link/, /l: not sent: it is a folder/, /link: not sent: it is a link/, /p\.csv: Malformed body: The file is a PDF document/,
  ]
  t.equal(lines(all).length, expected.length, all.stdout)
  for (const [index, line] of expected.entries()) t.match(lines(all)[index], line)

  const [first, second] = [join(folder, 'a.CSV'), join(folder, 'c.txt')]
  const two = await run('batches', 'submit', first, second)
  t.equal(two.code, 0)
  t.match(lines(two), [/a\.CSV: applied: 1 row;/, /c\.txt: applied: 1 row;/, /^2 files applied\.$/])
  const few = await run('batches', 'submit', join(folder, 'few'), '--dry-run')
  t.equal(few.code, 0)
  t.match(lines(few), [
    /a\.xlsx: validated: 2 rows; not read: 1 hidden row; .*not read: hidden sheet Old; days: 2021-01-31 to 2021-02-01, prices: 970\.00 to 1,154\.10 USD; batch/,
    /b\.docx: not sent/, /^1 file validated; 1 other was not sent\.$/,
  ])
  for (const option of ['--key', '--rows', '--replaces']) t.match(await run('batches', 'submit', first, second, option, '1'), { code: 2, stderr: `${option} is of one batch` })
  t.match(await run('batches', 'submit', first, join(folder, 'none.csv')), { code: 1, stdout: '', stderr: 'ENOENT' }, 'nothing is sent')
  t.match(await run('batches', 'submit', join(folder, 'l'), '--key', 'x'), { code: 2 }, 'a folder of one file')
  t.match(await run('batches', 'submit', join(folder, 'empty')), { code: 1, stderr: 'The folder has no file to send.' })
  t.match(await run('batches', 'submit', join(folder, 'link')), { code: 1, stderr: 'is a link to a folder' })
  t.match(await run('batches', 'submit', first, '--profile', 'none', '--key', 'profile'), { code: 1, stderr: /profile/ }, 'the profile is passed on')
})
