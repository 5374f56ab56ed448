import t from 'tap'
import { batchId, type Manifest } from '../../../lib/batch/batch.ts'
import { createManifest, type BatchContent } from '../../../lib/batch/create-manifest.ts'
import { profileVersion, type Profile } from '../../../lib/batch/profile.ts'
import { parseManifest } from '../../../lib/batch/store/manifest.ts'

const profile: Profile = { epoch: 1900, fixed: { price: '1', orig_code: 'CNGGZ' }, ignore: ['b', 'a'] }

t.test('the version of a profile is its content', async t => {
  t.match(profileVersion(profile), /^[0-9a-f]{64}$/)
  t.equal(profileVersion({ ignore: ['b', 'a'], fixed: { orig_code: 'CNGGZ', price: '1' }, epoch: 1900 }), profileVersion(profile), 'the order of members has no meaning')
  t.not(profileVersion({ ...profile, epoch: 1904 }), profileVersion(profile))
})

t.test('a manifest with a profile has version 3, and the name of its content', async t => {
  const digest = '0'.repeat(64)
  const content: BatchContent = {
    format: 'csv', encoding: 'identity', digest, digestOf: 'content', bytes: 1, decodedBytes: 1, payload: { key: 'k', versionId: null, etag: 'e' },
    contentName: { kind: 'content', value: digest },
  }
  const ofBatch = { name: 'acme', version: profileVersion(profile), ...profile }
  const manifest = createManifest(content, { provider: 'demo', mode: 'apply', profile: ofBatch, series: 's' })
  t.match(manifest, { version: 3, id: batchId('demo', 'apply', content.contentName) })
  const parse = (members: object): unknown => parseManifest(manifest.id, JSON.stringify({ ...manifest, ...members }))
  t.strictSame((parse({}) as Manifest).profile, ofBatch)
  t.throws(() => parse({ version: 4 }), { code: 'MANIFEST_VERSION', version: 4 })
  const invalid = [
    { version: 2 }, { profile: { ...ofBatch, version: 'x' } }, { profile: { ...ofBatch, name: '../x' } }, { profile: { ...ofBatch, epoch: '1900' } },
    { profile: { ...ofBatch, expression: 'x' } }, { profile: { ...ofBatch, fixed: { day: '2021-02-30' } } }, { profile: null },
  ]
  for (const members of invalid) t.throws(() => parse(members), { code: 'INVALID_MANIFEST' }, JSON.stringify(members))
})
