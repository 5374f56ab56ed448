import * as pulumi from '@pulumi/pulumi'

/**
 * A resource hook. Pulumi's own mocks say that they know hooks and fail at the first one (3.270): there it is named and never run,
 * so that the program can be tested and checked without an engine.
 */
export function resourceHook (name: string, callback: pulumi.ResourceHookFunction, opts?: pulumi.ResourceHookOptions): pulumi.ResourceHook {
  const monitor = pulumi.runtime.getMonitor() as { registerResourceHook?: (request: unknown, done: (error: null) => void) => void } | undefined
  if (monitor && !monitor.registerResourceHook) monitor.registerResourceHook = (_request, done) => done(null)
  return new pulumi.ResourceHook(name, callback, opts)
}
