import type { IncomingHttpHeaders } from 'node:http'
import { isWithdrawal, type Replaces } from '../../lib/batch/batch.ts'
import type { Store } from '../../lib/batch/store/store.ts'
import { Problem } from '../../lib/http/problem.ts'
import { atOnce } from '../../lib/process/at-once.ts'

export const maxReplaced = 100
/** One id, several separated by commas, or `previous`. */
export const replacesPattern = `^(previous|[0-9a-f]{64}(,[0-9a-f]{64}){0,${maxReplaced - 1}})$`
export const seriesPattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'

const readsAtOnce = 16

/** What a request says about the batches that its batch replaces. */
export type Correction = { replaces?: Replaces, series?: string }

/** Reads the parameter `replaces` and the header `Batch-Series`. Throws `invalid-parameters` for `previous` without a series. */
export function readCorrection (replaces: string | undefined, headers: IncomingHttpHeaders): Correction {
  const series = headers['batch-series'] as string | undefined
  if (replaces === 'previous' && series === undefined) throw invalid('missing', 'previous needs the header Batch-Series: the name of the series')
  return {
    ...(replaces === undefined ? {} : { replaces: replaces === 'previous' ? replaces : [...new Set(replaces.split(','))].sort() }),
    ...(series === undefined ? {} : { series }),
  }
}

/** Throws `unknown-batch` unless all ids are batches of the provider, and `invalid-parameters` for a dry run or a withdrawal. Needs no database. */
export async function checkReplaced (store: Store, provider: string, { replaces }: Correction): Promise<void> {
  if (!Array.isArray(replaces)) return
  await atOnce(readsAtOnce, replaces, async id => {
    const manifest = await store.readManifest(id).catch(cause => {
      throw new Problem('store-unavailable', `Batch ${id} cannot be looked up; send the batch again`, { cause })
    })
    if (manifest?.provider !== provider) throw new Problem('unknown-batch', `You have no batch ${id}`)
    if (isWithdrawal(manifest) || manifest.mode === 'dry_run') throw invalid('malformed', `Batch ${id} is a dry run or a withdrawal: it has no prices`)
  })
}

const invalid = (code: string, message: string): Problem =>
  new Problem('invalid-parameters', message, { members: { errors: [{ parameter: 'replaces', code, message }] } })
