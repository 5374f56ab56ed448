import { existsSync } from 'node:fs'
import { join } from 'node:path'

export type Emulators = {
  /** A jar, a folder of jars, or an executable. */
  elasticMq: string
  /** An executable. */
  versitygw: string
}

/** The folder of fetch.sh. */
const fetched = join(import.meta.dirname, '../../.emulators')

/** Returns the paths of the two emulators: from ELASTICMQ and VERSITYGW, or from the folder of fetch.sh. */
export function locate (env: NodeJS.ProcessEnv = process.env, folder = fetched): Emulators | { missing: string[] } {
  const elasticMq = env.ELASTICMQ || join(folder, 'elasticmq')
  const versitygw = env.VERSITYGW || join(folder, 'versitygw')
  const missing = [
    ...(existsSync(elasticMq) ? [] : [`ElasticMQ is not at ${elasticMq}: run test/system/emulators/fetch.sh, or set ELASTICMQ to a jar, a folder of jars or an executable.`]),
    ...(existsSync(versitygw) ? [] : [`versitygw is not at ${versitygw}: run test/system/emulators/fetch.sh, or set VERSITYGW to an executable.`]),
  ]
  return missing.length > 0 ? { missing } : { elasticMq, versitygw }
}
