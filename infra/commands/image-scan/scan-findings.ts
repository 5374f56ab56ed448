/** The output of `aws ecr describe-image-scan-findings`: `findings` of basic scanning, `enhancedFindings` of Amazon Inspector. */
export interface ScanResponse {
  imageId?: { imageDigest?: string }
  imageScanStatus?: { status?: string, description?: string }
  imageScanFindings?: {
    imageScanCompletedAt?: string | number
    findingSeverityCounts?: Record<string, number>
    findings?: Array<{ name?: string, uri?: string, severity?: string, attributes?: Array<{ key: string, value?: string }> }>
    enhancedFindings?: Array<{
      title?: string
      severity?: string
      status?: string
      packageVulnerabilityDetails?: { vulnerabilityId?: string, sourceUrl?: string, vulnerablePackages?: Array<{ name?: string, version?: string }> }
    }>
  }
}

export interface Finding {
  id: string
  packages: string
  url: string
}

const running = ['PENDING', 'IN_PROGRESS']
const scanned = ['COMPLETE', 'ACTIVE']

/**
 * Returns `done`, `wait`, or `failed` for a scan without a result. COMPLETE and ACTIVE (continuous scanning) are set before the first
 * findings are available. The time of the last completed scan shows that they are (https://github.com/aws/aws-sdk/issues/289).
 */
export function progressOf ({ imageScanStatus, imageScanFindings }: ScanResponse): 'done' | 'wait' | 'failed' {
  const status = imageScanStatus?.status ?? ''
  if (running.includes(status)) return 'wait'
  if (!scanned.includes(status)) return 'failed'
  return imageScanFindings?.imageScanCompletedAt === undefined ? 'wait' : 'done'
}

/** Returns the critical findings of basic and of enhanced scanning; ECR returns them in different members. */
export function criticalFindings ({ imageScanFindings: { findings = [], enhancedFindings = [] } = {} }: ScanResponse): Finding[] {
  const value = (attributes: Array<{ key: string, value?: string }> = [], key: string): string => attributes.find(attribute => attribute.key === key)?.value ?? ''
  return [
    ...findings.filter(({ severity }) => severity === 'CRITICAL').map(({ name = '', uri = '', attributes }) => ({
      id: name, packages: `${value(attributes, 'package_name')} ${value(attributes, 'package_version')}`.trim(), url: uri,
    })),
    ...enhancedFindings.filter(({ severity, status }) => severity === 'CRITICAL' && status !== 'CLOSED').map(({ title = '', packageVulnerabilityDetails: details = {} }) => ({
      id: details.vulnerabilityId ?? title, packages: (details.vulnerablePackages ?? []).map(({ name = '', version = '' }) => `${name} ${version}`.trim()).join(', '),
      url: details.sourceUrl ?? '',
    })),
  ]
}
