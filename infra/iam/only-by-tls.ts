import type * as pulumi from '@pulumi/pulumi'

/** A statement of a resource's own policy: nobody does anything to it in the clear. */
export const onlyByTls = (actions: string, resources: pulumi.Input<string>[]) => ({
  Sid: 'OnlyByTls', Effect: 'Deny', Principal: '*', Action: actions, Resource: resources, Condition: { Bool: { 'aws:SecureTransport': 'false' } },
})
