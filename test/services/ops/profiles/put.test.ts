import t from 'tap'
import { openStore } from '../../../../lib/batch/store/store.ts'
import { aws } from '../../../harness/aws.ts'
import { ops, type Run } from '../../../harness/ops.ts'

t.test('profiles of a provider: put, list, show, delete', async t => {
  const resources = await aws(t)
  const store = openStore(resources.s3, resources.bucket)
  const folder = t.testdir({ 'good.json': '{"epoch": 1900}', 'bad.json': '{"epoch": "1900", "expression": 1}', 'contradiction.json': '{"fixed": {"price": "0"}}', 'text.json': 'epoch', 'long.json': `{"ignore": ["${'x'.repeat(16_400)}"]}` })
  const profiles = (...args: string[]): Promise<Run> => ops(['profiles', ...args, '--provider', 'demo'], resources.env)
  const put = (file: string, name = 'acme'): Promise<Run> => profiles('put', name, '--file', `${folder}/${file}.json`, '--by', 'someone')

  t.match(await profiles('list'), { code: 0, stdout: 'demo has no profile' })
  t.match(await put('good'), { code: 0, stdout: /^New profile acme of demo: version [0-9a-f]{64}\n$/ })
  t.match(await put('good'), { code: 0, stdout: /^Profile acme/ })
  const { version } = (await store.readProfile('demo', 'acme'))!
  t.match(await profiles('list'), { code: 0, stdout: new RegExp(`acme +${version} .* someone`) })
  t.same(JSON.parse((await profiles('show', 'acme')).stdout), { epoch: 1900 })

  const refused = { bad: /epoch.*expression|additional/, contradiction: /price 0/, text: /not JSON/, long: /16384 bytes/, missing: /cannot be read/ }
  for (const [file, stderr] of Object.entries(refused)) t.match(await put(file), { code: 1, stderr }, file)
  t.match(await put('good', 'Acme'), { code: 2, stderr: 'NAME' })

  t.match(await profiles('delete', 'acme'), { code: 0, stdout: 'deleted' })
  for (const verb of ['delete', 'show']) t.match(await profiles(verb, 'acme'), { code: 1, stderr: 'demo has no profile acme' }, verb)
  t.same(JSON.parse((await profiles('show', 'acme', '--version', version)).stdout), { epoch: 1900 })
})
