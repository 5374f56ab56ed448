import { isAfterToday } from '../lib/migrations/first-month.ts'
import type { Config } from './config-schema.ts'
import { connectionsNeeded, maxConnections, memoryGiB } from './connections.ts'
import { isStackName } from './stack-name.ts'

/** Fargate's memory for each number of CPU units: minimum, maximum and step, in MiB. */
const fargate: Record<number, [min: number, max: number, step: number]> = {
  256: [512, 2_048, 512], 512: [1_024, 4_096, 1_024], 1024: [2_048, 8_192, 1_024], 2048: [4_096, 16_384, 1_024], 4096: [8_192, 30_720, 1_024],
}

/** The gateway's throttle, which all callers share, has room for at least this many addresses at their own limits. */
const addressesToFill = 20

/**
 * Returns one sentence for each problem that the schema cannot express: combinations that do not work,
 * and unsafe settings of staging and production.
 */
export function problemsOf (config: Config): string[] {
  return [...combinations(config), ...(config.tier === 'development' ? [] : unsafe(config))]
}

function combinations (config: Config): string[] {
  const { stack, allowedCidrs, domain, gateway, database, rates, ingestion, worker, prices, image, permissionsBoundary, region, account } = config
  const problems: string[] = []
  const refuse = (wrong: boolean, problem: string): void => { if (wrong) problems.push(problem) }

  refuse(!isStackName(stack), `the stack's name "${stack}" must be at most 12 lower-case letters, digits and -, because AWS limits the names of target groups`)
  refuse(stack === 'local', 'the stack\'s name must not be "local": a process of that environment takes development keys')
  refuse(!domain && allowedCidrs.length === 0, 'allowedCidrs is missing: without domain there is no TLS, so it must list the permitted addresses')
  refuse(domain !== undefined && (domain.zoneId === undefined) === (domain.certificateArn === undefined),
    'domain needs either zoneId, for names and certificate that the program creates, or certificateArn')
  refuse(domain?.certificateArn !== undefined && !domain.certificateArn.startsWith(`arn:aws:acm:${region}:`), `domain.certificateArn must be in ${region}`)
  const atEdge = gateway.entry !== 'direct'
  refuse(domain?.edgeCertificateArn !== undefined && !domain.edgeCertificateArn.startsWith('arn:aws:acm:us-east-1:'), 'domain.edgeCertificateArn must be in us-east-1')
  refuse(domain?.edgeCertificateArn !== undefined && domain.certificateArn === undefined, 'domain.edgeCertificateArn requires domain.certificateArn: with zoneId the program creates it')
  refuse(atEdge && !domain, `gateway.entry ${gateway.entry} needs a domain: without a domain, requests can bypass CloudFront`)
  refuse(atEdge && domain?.certificateArn !== undefined && domain.edgeCertificateArn === undefined, `gateway.entry ${gateway.entry} needs domain.edgeCertificateArn`)
  const fewest = Math.ceil(gateway.requestsPerAddressPerMinute / 60 * addressesToFill)
  refuse(atEdge && gateway.requestsPerSecond < fewest, `gateway.requestsPerSecond is below ${fewest}: fewer than ${addressesToFill} addresses could use up the throttle that all share`)
  refuse(image !== undefined && !image.includes(`.dkr.ecr.${region}.`), `image must be in a registry of ${region}`)
  refuse(image !== undefined && !image.startsWith(account), `image must be in the registry of account ${account}`)
  refuse(permissionsBoundary !== undefined && !permissionsBoundary.startsWith(`arn:aws:iam::${account}:`),
    `permissionsBoundary must be a policy of account ${account}`)

  const serverless = database.instanceClass === 'db.serverless'
  refuse(serverless && database.engine !== 'aurora', 'database.instanceClass db.serverless needs database.engine aurora')
  refuse(database.engine === 'aurora' && !serverless && /\.(micro|small)$/.test(database.instanceClass), 'database.instanceClass is too small for Aurora: db.t4g.medium is the least')
  refuse(database.minAcu > database.maxAcu, 'database.minAcu is above database.maxAcu')
  refuse(database.storageGb > database.maxStorageGb, 'database.storageGb is above database.maxStorageGb')
  refuse(database.engine === 'aurora' && database.replicas > database.maxReaders, 'database.replicas is above database.maxReaders')
  // Migrations and tests have run on these major versions.
  refuse(!/^1[78](\.|$)/.test(database.engineVersion ?? '18'), 'database.engineVersion must be of PostgreSQL 17 or 18')

  for (const [name, { cpu, memory, minTasks, maxTasks }] of Object.entries({ rates, ingestion, worker })) {
    const [min, max, step] = fargate[cpu]!
    refuse(memory < min || memory > max || memory % step !== 0, `${name}.memory ${memory} does not fit ${name}.cpu ${cpu}: ${min} to ${max} MiB in steps of ${step}`)
    refuse(minTasks > maxTasks, `${name}.minTasks is above ${name}.maxTasks`)
  }
  refuse(worker.secondsPerBatch > worker.acceptableLatencySeconds, 'worker.secondsPerBatch is above worker.acceptableLatencySeconds: no number of tasks can be fast enough')

  refuse(isAfterToday(prices.firstMonth), `prices.firstMonth ${prices.firstMonth} is after the current month`)

  if (memoryGiB(database) === undefined) problems.push(`database.instanceClass ${database.instanceClass}: its memory is unknown`)
  else {
    const needed = connectionsNeeded({ rates, ingestion, worker })
    refuse(needed > maxConnections(database) * 0.8, `database.instanceClass ${database.instanceClass} accepts ${maxConnections(database)} connections, ` +
      `and rates, ingestion and worker at maxTasks need ${needed} during a deployment, more than four fifths: choose a larger class, fewer tasks or a smaller poolSize`)
  }
  return problems
}

function unsafe ({ tier, domain, gateway, network, database, rates, ingestion, worker, alarms, expires, payloads }: Config): string[] {
  const production = tier === 'production'
  const problems: string[] = []
  const refuse = (wrong: boolean, problem: string): void => { if (wrong) problems.push(`${problem}, which is refused for ${tier}`) }

  refuse(!domain, 'domain is missing: no TLS')
  refuse(!alarms.email, 'alarms.email is missing: no alarm would be sent')
  refuse(!database.deletionProtection, 'database.deletionProtection is false')
  refuse(expires !== undefined, 'expires is set')
  refuse(production && network.zones.length < 3, 'network.zones has fewer than three zones')
  refuse(production && network.egress === 'nat', 'network.egress is nat: one zone\'s failure would cut off all zones')
  refuse(production && gateway.entry === 'direct', 'gateway.entry is direct: anybody without a key can use up the throttle that all providers share')
  refuse(production && !database.multiAz, 'database.multiAz is false')
  refuse(production && database.engine === 'aurora' && database.replicas === 0, 'database.replicas is 0: Aurora has no other standby')
  refuse(production && database.backupDays < 7, 'database.backupDays is below 7')
  refuse(production && /\.t4g\./.test(`.${database.instanceClass}.`), 'database.instanceClass is burstable')
  refuse(production && payloads.keepDays < 30, 'payloads.keepDays is below 30')
  for (const [name, { minTasks }] of Object.entries({ rates, ingestion, worker })) {
    refuse(production && minTasks < 2, `${name}.minTasks is below 2`)
  }
  return problems
}
