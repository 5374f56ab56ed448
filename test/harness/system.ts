export type TestSystem = {
  /** URL of the superuser. Every login has the same password on this server. */
  postgresUrl: string
  templateDatabase: string
  /** Address of the SQS and S3 emulator. */
  awsEndpoint: string
  /** Whether buckets are versioned, as on AWS: an overwritten or deleted object keeps its versions. */
  keepsVersions: boolean
  /** Whether the store checks the signature, the signed headers and the checksum of a presigned PUT, as on AWS. */
  verifiesUploads: boolean
}

/** Returns what test/run.ts or test/system/emulators/run.ts started for all test files. Throws with the command to run if neither has started. */
export function testSystem (): TestSystem {
  const given = process.env.TEST_SYSTEM
  if (!given) throw new Error(`Tests need PostgreSQL and the emulator: run \`npm test -- ${process.argv[1] ?? ''}\``)
  return JSON.parse(given) as TestSystem
}
