import { Type, type Static, type TObject, type TProperties } from 'typebox'
import { Value } from 'typebox/value'

/** Lists every invalid variable of an environment, one sentence each. */
export class InvalidConfig extends Error {
  readonly problems: string[]
  constructor (problems: string[]) {
    super(`Invalid configuration:\n${problems.map(problem => `  ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** Returns problems that a schema cannot express, one sentence each. */
export type ConfigCheck = (env: NodeJS.ProcessEnv) => string[]

/**
 * Reads the variables of `schema` from `env`, applies defaults and types, and freezes the result.
 * An empty variable counts as unset. Throws InvalidConfig with all problems, including those that `checks` return.
 */
export function readConfig<T extends TProperties> (schema: TObject<T>, env: NodeJS.ProcessEnv, ...checks: ConfigCheck[]):
Readonly<Static<TObject<T>>> {
  const given = Object.fromEntries(Object.keys(schema.properties).filter(name => env[name]).map(name => [name, env[name]]))
  const value = Value.Convert(schema, Value.Default(schema, given))
  const problems = new Map<string, string>()
  for (const error of Value.Errors(schema, value)) {
    if (error.keyword === 'required') {
      for (const name of error.params.requiredProperties) problems.set(name, `${name} is missing: ${describe(schema, name)}`)
    } else {
      const name = error.instancePath.split('/')[1] ?? ''
      if (!problems.has(name)) problems.set(name, `${name} ${error.message}: ${describe(schema, name)}`)
    }
  }
  const all = [...problems.values(), ...checks.flatMap(check => check(env))]
  if (all.length > 0) throw new InvalidConfig(all.sort())
  return Object.freeze(value as Static<TObject<T>>)
}

/**
 * Reads the environment and returns the result of `make`. If the configuration is invalid, prints each problem on a line of
 * standard error and exits with code 1.
 */
export function startFrom<T extends TProperties, R> (
  schema: TObject<T>, make: (config: Readonly<Static<TObject<T>>>) => R, ...checks: ConfigCheck[]
): R {
  try {
    return make(readConfig(schema, process.env, ...checks))
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error
    console.error(error.message)
    process.exit(1)
  }
}

function describe (schema: TObject, name: string): string {
  return (schema.properties[name] as { description?: string } | undefined)?.description ?? 'see docs/configuration.md'
}

/** Defines a count or a size with its limits; `description` gives the meaning and the unit. */
export const Count = (description: string, options: { default: number, minimum?: number, maximum?: number }) =>
  Type.Integer({ description, minimum: 1, ...options })

/** The ingestion API refuses batches above this limit. The worker's metric reports each provider's share of the limit. */
export const UnfinishedMax = Count('queued and processing batches that one provider may have; above this limit the ingestion API answers 429 to a new batch', {
  default: 5_000, maximum: 100_000,
})

/** The worker removes the prices of a withdrawn batch after this time, and the rates API answers no earlier `as_of`. */
export const CorrectionsKeepDays = Count('days for which the prices of a withdrawn batch are kept, and for which `as_of` goes back', { default: 400, maximum: 36_500 })

/** How a process connects to the database. */
export const Database = {
  DATABASE_URL: Type.String({ description: 'postgres://user:password@host:port/database of the primary, one host', pattern: '^postgres(ql)?://' }),
  DATABASE_AUTH: Type.Union([Type.Literal('password'), Type.Literal('iam')], {
    description: '"password": in the URL; "iam": a token of RDS for each connection, only over TLS, with a verified server', default: 'password',
  }),
  AWS_REGION: Type.Optional(Type.String({ description: 'region of the database and of secrets, where they are on AWS', minLength: 1 })),
}

/** Variables of every process. */
export const Common = {
  ENVIRONMENT: Type.String({
    description: '"local" on a developer\'s machine, otherwise the name of the environment', default: 'production', pattern: '^[a-z][a-z0-9-]*$',
  }),
  PORT: Type.Integer({ description: 'port to listen on', default: 8080, minimum: 0, maximum: 65535 }),
  HOST: Type.String({ description: 'address to listen on', default: '0.0.0.0' }),
  LOG_LEVEL: Type.String({
    description: 'fatal, error, warn, info, debug, trace or silent', default: 'info', pattern: '^(fatal|error|warn|info|debug|trace|silent)$',
  }),
  METRICS_PORT: Type.Optional(Type.Integer({ description: 'port of GET /metrics, separate from PORT; without it metrics are not served', minimum: 0, maximum: 65535 })),
  METRICS_HOST: Type.String({ description: 'address to serve metrics on', default: '127.0.0.1' }),
  METRICS_NAMESPACE: Type.Optional(Type.String({
    description: 'CloudWatch namespace; if set, the log contains metrics in the embedded metric format', pattern: '^[A-Za-z0-9_.#/-]{1,255}$',
  })),
  METRICS_SECONDS: Count('time between two metric lines in the log, in seconds', { default: 60, maximum: 3_600 }),
  ...Database,
}

/** Additional variables of the processes behind a load balancer. */
export const Balanced = {
  DRAIN_MS: Type.Integer({
    description: 'time for which requests are still accepted after SIGTERM, in milliseconds, for a load balancer that detects a shutdown by health checks only; 0 if it deregisters the process first',
    default: 0, minimum: 0, maximum: 120_000,
  }),
}

/** How long the bucket keeps payloads. */
export const PayloadLife = {
  PAYLOAD_KEEP_DAYS: Type.Optional(Type.Integer({
    description: 'days after which the lifecycle of the bucket deletes payloads; not set if the lifecycle deletes none', minimum: 1, maximum: 3_650,
  })),
}

/** Additional variables of the processes that use the queue and the store. */
export const Aws = {
  QUEUE_URL: Type.String({ description: 'URL of the FIFO queue of batches', pattern: '^https?://' }),
  DEAD_LETTER_QUEUE_URL: Type.String({ description: 'URL of its dead-letter queue', pattern: '^https?://' }),
  PAYLOAD_BUCKET: Type.String({ description: 'S3 bucket of payloads and manifests', minLength: 3 }),
  ...PayloadLife,
  AWS_REGION: Type.String({ description: 'region of queue, bucket and database', minLength: 1 }),
  AWS_ENDPOINT_URL: Type.Optional(Type.String({ description: 'address of an SQS and S3 emulator; not set on AWS', pattern: '^https?://' })),
}
