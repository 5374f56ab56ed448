import type { Settings } from '../../config-schema.ts'

/** Major version of PostgreSQL for a new stack without `database.engineVersion`. */
export const newStackVersion = '18'

/**
 * Returns the properties that an existing database keeps: Pulumi ignores their changes while `database.engineVersion` is not set.
 * Otherwise a release with another default would upgrade every existing database, since `allowMajorVersionUpgrade` is on.
 */
export const ignoredUnlessSet = ({ engineVersion }: Settings['database'], ...properties: string[]): string[] =>
  engineVersion === undefined ? properties : []
