import * as ssm from '@pulumi/aws/ssm/index.js'
import type * as pulumi from '@pulumi/pulumi'
import { resourceHook } from './hook.ts'

/**
 * Stores the engine with which a stack was created, and refuses another engine, also in a preview. The program would otherwise replace
 * the database by an empty one. Every resource of the database depends on this parameter. docs/aws.md says how to move.
 */
export function engineLock (name: string, engine: string, parent: pulumi.Resource): ssm.Parameter {
  const hook = resourceHook(`${name}-database-engine`, refuseOtherEngine, { onDryRun: true })
  return new ssm.Parameter(`${name}-database-engine`, {
    type: 'String', insecureValue: engine, description: 'database.engine, which never changes',
  }, { parent, hooks: { beforeUpdate: [hook] } })
}

/** Throws if the engine would change. */
export function refuseOtherEngine ({ oldInputs, newInputs }: Pick<pulumi.ResourceHookArgs, 'oldInputs' | 'newInputs'>): void {
  const [before, after] = [oldInputs?.insecureValue, newInputs?.insecureValue]
  if (before !== after) throw new Error(`database.engine of this stack is "${before}" and cannot become "${after}": docs/aws.md, "Moving to Aurora"`)
}
