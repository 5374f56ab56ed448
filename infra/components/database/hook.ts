import * as pulumi from '@pulumi/pulumi'

/**
 * Creates a resource hook. Pulumi's own mocks report support for hooks and fail at the first one (3.270). There, this function registers
 * a hook that never runs, so that the program can be tested without an engine.
 */
export function resourceHook (name: string, callback: pulumi.ResourceHookFunction, opts?: pulumi.ResourceHookOptions): pulumi.ResourceHook {
  const monitor = pulumi.runtime.getMonitor() as { registerResourceHook?: (request: unknown, done: (error: null) => void) => void } | undefined
  if (monitor && !monitor.registerResourceHook) monitor.registerResourceHook = (_request, done) => done(null)
  return new pulumi.ResourceHook(name, callback, opts)
}
