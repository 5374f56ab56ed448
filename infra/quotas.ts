import type { Settings } from './config-schema.ts'

export interface Quota {
  /** Codes of AWS Service Quotas. */
  service: string
  code: string
  name: string
  /** What a new account has in a region, by AWS's pages in 2026. */
  usual: number
}

/** Quotas of an account that a stack can reach. Others, such as VPCs or security groups, are far beyond what one stack has. */
export const quotas: Record<'vcpus' | 'addresses' | 'databases', Quota> = {
  vcpus: { service: 'fargate', code: 'L-3032A538', name: 'Fargate On-Demand vCPU resource count', usual: 6 },
  addresses: { service: 'ec2', code: 'L-0263D0A3', name: 'EC2-VPC Elastic IPs', usual: 5 },
  databases: { service: 'rds', code: 'L-7B6409FD', name: 'DB instances', usual: 40 },
}

/** A migrator and an operator's command may run beside the services. */
const besideVcpus = 1

/** The most that a stack uses of each: every service at its most tasks, twice, since a deployment runs the new tasks beside the old ones. */
export function quotasNeeded ({ rates, ingestion, worker, network, database }: Settings): Record<keyof typeof quotas, number> {
  const tasks = [rates, ingestion, worker].reduce((sum, { cpu, maxTasks }) => sum + cpu / 1_024 * maxTasks, 0)
  return {
    vcpus: Math.ceil(tasks * 2 + besideVcpus),
    addresses: network.egress === 'nat' ? 1 : network.egress === 'nat-per-zone' ? network.zones.length : 0,
    databases: database.engine === 'aurora' ? 1 + database.maxReaders : 1 + database.replicas,
  }
}

/** Those that a new account has not, as the commands that ask for them. */
export const quotaRequestCommands = (settings: Settings, region: string): string[] =>
  Object.entries(quotasNeeded(settings)).flatMap(([key, needed]) => {
    const { service, code, name, usual } = quotas[key as keyof typeof quotas]
    return needed > usual ? [`aws service-quotas request-service-quota-increase --region ${region} --service-code ${service} --quota-code ${code} --desired-value ${needed}   # ${name}: ${usual} in a new account`] : []
  })
