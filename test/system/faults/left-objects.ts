import { HeadObjectCommand } from '@aws-sdk/client-s3'
import { bucket } from '../../../dev/emulator/resources.ts'
import { withPrices } from '../../../lib/batch/store/manifest.ts'
import { openStore } from '../../../lib/batch/store/store.ts'
import { idOf, type Plan } from './batches.ts'
import type { Entry, History } from './history.ts'
import type { System } from './system.ts'

/** Records the objects of purged batches that the store still has: payloads, reports, effects, and decisions with texts of rows. */
export async function recordLeftObjects ({ s3 }: System, entries: readonly Entry[], history: History, plans: readonly Plan[]): Promise<void> {
  const store = openStore(s3, bucket)
  for (const batch of new Set(entries.flatMap(entry => entry.type === 'purge' ? entry.batch : []))) {
    const id = idOf(plans[batch]!)
    const { payload } = withPrices((await store.readManifest(id))!)
    for (const key of [payload.key, `reports/${id}.ndjson`, `effects/${id}.applied.ndjson`, `effects/${id}.checked.ndjson`]) {
      const exists = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })).then(() => true, () => false)
      if (exists) history.add({ type: 'left', batch, key })
    }
    const decision = await store.readDecision(id)
    if (decision && 'firstErrors' in decision && decision.firstErrors.length > 0) history.add({ type: 'left', batch, key: `rows in decisions/${id}.json` })
  }
}
