import type { RunningSystem } from './running-system.ts'
import type { State } from './state/folder.ts'

/** Returns example commands to copy. The last line begins with `ready`. */
export function formatStartupSummary (
  { addresses: { ratesApi, ingestionApi }, metrics }: RunningSystem, state: State, sampleId: string | undefined
): string {
  const key = '-H \'Authorization: Bearer development\''
  return `
What a lane cost, day by day:

  curl '${ratesApi}/rates?date_from=2021-01-01&date_to=2021-01-31&orig_code=CNGGZ&dest_code=EETLL'

Send a batch, and read its state:

  printf 'orig_code,dest_code,day,price\\nCNGGZ,EETLL,2021-02-01,1180.50\\n' |
    curl ${key} -H 'Content-Type: text/csv' --data-binary @- ${ingestionApi}/batches
  curl ${key} ${ingestionApi}/batches${sampleId ? `/${sampleId}` : ''}

Everything else: ${ratesApi}/docs and ${ingestionApi}/docs
Metrics: ${Object.values(metrics).join(' ')}
The data is in ${state.folder} and stays there. Ctrl-C stops everything.

ready: rates API on ${ratesApi}, ingestion API on ${ingestionApi}`
}
