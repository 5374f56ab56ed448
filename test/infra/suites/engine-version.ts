import type { Test } from 'tap'
import { ignoredUnlessSet, newStackVersion } from '../../../infra/components/database/engine-version.ts'
import { runProgram, type Declared } from '../program.ts'
import { configOf, settingsOf } from '../stack-files.ts'

const aurora = { engine: 'aurora', instanceClass: 'db.serverless', deletionProtection: false }
const types: Record<string, [database: string, parameters: string, family: string]> = {
  postgres: ['aws:rds/instance:Instance', 'aws:rds/parameterGroup:ParameterGroup', 'postgres'],
  aurora: ['aws:rds/cluster:Cluster', 'aws:rds/clusterParameterGroup:ClusterParameterGroup', 'aurora-postgresql'],
}

/** Resolves with the database of a stack, and its parameter group. */
async function declared (engine: string, changes: object): Promise<[database: Declared, parameters: Declared, family: string]> {
  const { of } = await runProgram('dev', { database: { ...configOf('dev')['freight-rates:database'] as object, ...engine === 'aurora' ? aurora : {}, ...changes } })
  const [database, parameters, family] = types[engine]!
  return [of(database).find(({ inputs }) => inputs.engine)!, of(parameters)[0]!, family]
}

/** Checks that a new stack gets the default version, and that a release with another default does not change an existing database. */
export async function engineVersion (t: Test): Promise<void> {
  for (const engine of Object.keys(types)) {
    const [database, parameters, family] = await declared(engine, {})
    t.match([database.inputs.engineVersion, parameters.inputs.family], [newStackVersion, family + newStackVersion], `${engine}: a new stack`)
    t.ok(database.ignoreChanges.includes('engineVersion'), `${engine}: an existing database keeps its version`)
    t.same(parameters.ignoreChanges, ['family'], `${engine}: and its parameter group`)

    const [upgraded, theirs] = await declared(engine, { engineVersion: '17.6' })
    t.match([upgraded.inputs.engineVersion, theirs.inputs.family], ['17.6', `${family}17`], `${engine}: as configured`)
    t.notOk(upgraded.ignoreChanges.includes('engineVersion'), `${engine}: a version that is set is applied`)
    t.same(theirs.ignoreChanges, [])
  }
  t.same(ignoredUnlessSet({ ...settingsOf('prod').database, engineVersion: '18' }, 'engineVersion'), [])
}
