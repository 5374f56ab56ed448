import type { Settings } from '../../config-schema.ts'

/** PostgreSQL's major version of a stack that is made without `database.engineVersion`. */
export const newStackVersion = '18'

/**
 * Returns the properties in which a living database keeps what it has: Pulumi ignores their changes while `database.engineVersion` is not set.
 * Without this, a release with another default would upgrade every living database (`allowMajorVersionUpgrade` is on).
 */
export const ignoredUnlessSet = ({ engineVersion }: Settings['database'], ...properties: string[]): string[] =>
  engineVersion === undefined ? properties : []
