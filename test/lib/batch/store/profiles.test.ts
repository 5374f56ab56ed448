import t from 'tap'
import { startEmulator } from '../../../../dev/emulator/emulator.ts'
import { maxProfiles, profileVersion } from '../../../../lib/batch/profile.ts'
import { openStore } from '../../../../lib/batch/store/store.ts'
import { aws } from '../../../harness/aws.ts'

t.test('of concurrent requests that require the current version one is done', async t => {
  const emulator = await startEmulator({ port: 0, host: '127.0.0.1' }) // the emulator of the other tests ignores `If-Match` and `If-None-Match`
  t.teardown(emulator.stop)
  const { s3, bucket } = await aws(t, { endpoint: `http://127.0.0.1:${emulator.port}` })
  const store = openStore(s3, bucket)
  const ten = Array.from({ length: 10 }, (_, at) => at)
  const done = async (expected: string | undefined): Promise<string[]> => {
    const results = await Promise.allSettled(ten.map(at => store.writeProfile('demo', 'acme', { ignore: [String(at), String(expected)] }, 'demo', current => {
      if (current?.version !== expected) throw new Error('another version')
    })))
    return results.filter(result => result.status === 'fulfilled').map(({ value }) => value.version)
  }
  const created = await done(undefined)
  t.equal(created.length, 1)
  const changed = await done(created[0])
  t.equal(changed.length, 1)
  t.equal((await store.readProfile('demo', 'acme'))?.version, changed[0])
  t.same(await store.readProfileVersion('demo', 'acme', created[0]!).then(profile => profileVersion(profile!)), created[0], 'versions are kept')
  for (let number = 1; number < maxProfiles; number++) await store.writeProfile('demo', `p${number}`, {}, 'demo', () => {})
  await t.rejects(store.writeProfile('demo', 'p51', {}, 'demo', () => {}), { code: 'too-many-profiles' })
  t.match(await store.listProfiles('demo'), { length: maxProfiles })
  await store.writeProfile('demo-2', 'acme', {}, 'demo-2', () => {})
  t.equal((await store.listProfiles('demo')).length, maxProfiles)
})
