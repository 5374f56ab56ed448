export type TestSystem = {
  /** Superuser's URL; every login has the same password there. */
  postgresUrl: string
  templateDatabase: string
  /** Address of the SQS and S3 emulator. */
  awsEndpoint: string
  /** Whether buckets are versioned, as on AWS: an object that is overwritten or deleted keeps its versions. */
  keepsVersions: boolean
  /** Whether the store checks the signature, the signed headers and the checksum of a presigned PUT, as on AWS. */
  verifiesUploads: boolean
}

/** What test/run.ts, or test/system/emulators/run.ts, started for all test files. Fails with the command to run when there is nothing. */
export function testSystem (): TestSystem {
  const given = process.env.TEST_SYSTEM
  if (!given) throw new Error(`Tests need PostgreSQL and the emulator: run \`npm test -- ${process.argv[1] ?? ''}\``)
  return JSON.parse(given) as TestSystem
}
