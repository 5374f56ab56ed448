import type * as pulumi from '@pulumi/pulumi'

/** Returns a statement of a resource policy that denies every request without TLS. */
export const onlyByTls = (actions: string, resources: pulumi.Input<string>[]) => ({
  Sid: 'OnlyByTls', Effect: 'Deny', Principal: '*', Action: actions, Resource: resources, Condition: { Bool: { 'aws:SecureTransport': 'false' } },
})
