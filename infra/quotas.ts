import type { Settings } from './config-schema.ts'

export interface Quota {
  /** Codes of AWS Service Quotas. */
  service: string
  code: string
  name: string
  /** Default of a new account in a region, according to AWS's documentation in 2026. */
  usual: number
}

/** Quotas of an account that a stack can reach. Others, such as VPCs or security groups, are far above the needs of one stack. */
export const quotas: Record<'vcpus' | 'addresses' | 'databases', Quota> = {
  vcpus: { service: 'fargate', code: 'L-3032A538', name: 'Fargate On-Demand vCPU resource count', usual: 6 },
  addresses: { service: 'ec2', code: 'L-0263D0A3', name: 'EC2-VPC Elastic IPs', usual: 5 },
  databases: { service: 'rds', code: 'L-7B6409FD', name: 'DB instances', usual: 40 },
}

/** vCPUs of a migrator and an operator's command, which may run beside the services. */
const besideVcpus = 1

/**
 * Returns the most that a stack uses of each quota. Every service counts at its maximum of tasks, and twice,
 * because a deployment runs the new tasks beside the old ones.
 */
export function quotasNeeded ({ rates, ingestion, worker, network, database }: Settings): Record<keyof typeof quotas, number> {
  const tasks = [rates, ingestion, worker].reduce((sum, { cpu, maxTasks }) => sum + cpu / 1_024 * maxTasks, 0)
  return {
    vcpus: Math.ceil(tasks * 2 + besideVcpus),
    addresses: network.egress === 'nat' ? 1 : network.egress === 'nat-per-zone' ? network.zones.length : 0,
    databases: database.engine === 'aurora' ? 1 + database.maxReaders : 1 + database.replicas,
  }
}

/** Returns the AWS CLI commands that request the quotas that a new account does not have. */
export const quotaRequestCommands = (settings: Settings, region: string): string[] =>
  Object.entries(quotasNeeded(settings)).flatMap(([key, needed]) => {
    const { service, code, name, usual } = quotas[key as keyof typeof quotas]
    return needed > usual ? [`aws service-quotas request-service-quota-increase --region ${region} --service-code ${service} --quota-code ${code} --desired-value ${needed}   # ${name}: ${usual} in a new account`] : []
  })
