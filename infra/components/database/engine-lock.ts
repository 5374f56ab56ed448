import * as ssm from '@pulumi/aws/ssm/index.js'
import type * as pulumi from '@pulumi/pulumi'
import { resourceHook } from './hook.ts'

/**
 * Remembers the engine that a stack was made with, and refuses another one, in preview too: the program would put an empty database
 * in the place of the full one. Everything of the database depends on it. docs/aws.md says how to move.
 */
export function engineLock (name: string, engine: string, parent: pulumi.Resource): ssm.Parameter {
  const hook = resourceHook(`${name}-database-engine`, refuseOtherEngine, { onDryRun: true })
  return new ssm.Parameter(`${name}-database-engine`, {
    type: 'String', insecureValue: engine, description: 'database.engine, which never changes',
  }, { parent, hooks: { beforeUpdate: [hook] } })
}

/** Throws when the engine would change. */
export function refuseOtherEngine ({ oldInputs, newInputs }: Pick<pulumi.ResourceHookArgs, 'oldInputs' | 'newInputs'>): void {
  const [before, after] = [oldInputs?.insecureValue, newInputs?.insecureValue]
  if (before !== after) throw new Error(`database.engine of this stack is "${before}" and cannot become "${after}": docs/aws.md, "Moving to Aurora"`)
}
