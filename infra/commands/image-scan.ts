import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Accepted, readAccepted } from './image-scan/accepted-findings.ts'
import { runMain, Refused } from './pulumi.ts'
import { criticalFindings, type Finding, progressOf, type ScanResponse } from './image-scan/scan-findings.ts'

const help = `Usage: node infra/commands/image-scan.ts --image REPOSITORY@sha256:… [--accepted FILE] [--wait-seconds N] [--poll-seconds N]

Waits until ECR has scanned the image, and checks the findings.
--accepted      critical findings that are accepted until a given day (default infra/accepted-findings.yaml)
--wait-seconds  maximum wait for the scan (default 900)
--poll-seconds  time between two requests (default 10)
Exit codes: 0 all critical findings are accepted, 1 a critical finding is not accepted or the scan has no result, 2 wrong usage.
Needs the AWS CLI, and ecr:DescribeImageScanFindings on the repository.`

type Image = { account: string, region: string, repository: string, digest: string }

await runMain(async () => {
  const text = { type: 'string' } as const
  const { image, accepted, help: showHelp, ...times } = parseArgs({
    options: { image: text, accepted: text, 'wait-seconds': text, 'poll-seconds': text, help: { type: 'boolean', short: 'h' } },
  }).values
  if (showHelp) return console.log(help)
  const [waitSeconds, pollSeconds] = [seconds(times['wait-seconds'] ?? '900'), seconds(times['poll-seconds'] ?? '10')]
  const found = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([a-z0-9._/-]+)@(sha256:[0-9a-f]{64})$/.exec(image ?? '')
  if (!found) throw new Refused(`--image must name an image in ECR by its digest.\n\n${help}`, 2)
  const [, account, region, repository, digest] = found as unknown as [string, string, string, string, string]
  const today = new Date().toISOString().slice(0, 10)
  const exceptions = readAccepted(accepted ?? join(import.meta.dirname, '../accepted-findings.yaml'), today)
  checkFindings(await scanOf({ account, region, repository, digest }, waitSeconds * 1_000, pollSeconds * 1_000), exceptions, today)
})

/** Returns the result of the scan. Throws Refused if there is none within `waitMs`. */
async function scanOf (image: Image, waitMs: number, pollMs: number): Promise<ScanResponse> {
  const deadline = performance.now() + waitMs
  while (true) {
    const response = await describe(image)
    const progress = response ? progressOf(response) : 'wait'
    if (response && progress === 'done') {
      if (response.imageId?.imageDigest === image.digest) return response
      throw new Refused(`The response of the registry is for ${response.imageId?.imageDigest}, not for ${image.digest}.`)
    }
    const { status = 'no scan', description = '' } = response?.imageScanStatus ?? {}
    if (progress === 'failed') throw new Refused(`The scan of ${image.digest} has no result: ${status}. ${description}`)
    if (performance.now() > deadline) {
      throw new Refused(`The scan of ${image.digest} had no result after ${waitMs / 1_000} s (${status}). ` +
        `The registry scans on push; to start a scan: aws ecr start-image-scan --repository-name ${image.repository} --image-id imageDigest=${image.digest}`)
    }
    await pause(pollMs)
  }
}

/** Requests the findings once, all pages. Resolves to undefined while the registry knows no scan of the image. */
function describe ({ account, region, repository, digest }: Image): Promise<ScanResponse | undefined> {
  const args = ['ecr', 'describe-image-scan-findings', '--region', region, '--registry-id', account, '--repository-name', repository,
    '--image-id', `imageDigest=${digest}`, '--output', 'json']
  return new Promise((resolve, reject) => {
    execFile('aws', args, { maxBuffer: 64 << 20, env: { ...process.env, AWS_PAGER: '' } }, (error, stdout, stderr) => {
      if (!error) resolve(JSON.parse(stdout) as ScanResponse)
      else if (stderr.includes('(ScanNotFoundException)')) resolve(undefined)
      else reject(new Refused(error.code === 'ENOENT' ? 'The AWS CLI is not on the path.' : `\`aws ${args.join(' ')}\` failed:\n${stderr.trim()}`))
    })
  })
}

/** Throws Refused with each critical finding that is not accepted today. Logs the accepted ones. */
function checkFindings (response: ScanResponse, exceptions: Accepted[], today: string): void {
  const counts = response.imageScanFindings?.findingSeverityCounts ?? {}
  const critical = criticalFindings(response)
  console.log(`Findings of the scan: ${Object.entries(counts).map(([severity, count]) => `${severity} ${count}`).join(', ') || 'none'}`)
  if ((counts.CRITICAL ?? 0) > critical.length) throw new Refused(`The registry counts ${counts.CRITICAL} critical findings and lists ${critical.length}.`)
  const exceptionOf = ({ id }: Finding): Accepted | undefined => exceptions.find(accepted => accepted.id === id)
  const unaccepted = critical.filter(finding => (exceptionOf(finding)?.until ?? '') < today)
  for (const { id, until, why } of exceptions) {
    if (!critical.some(finding => finding.id === id)) console.log(`${id} is accepted until ${until}, and the scan has no such critical finding: remove the entry.`)
    else if (until >= today) console.log(`${id} is accepted until ${until}: ${why}`)
  }
  if (unaccepted.length === 0) return
  throw new Refused([
    `${unaccepted.length} critical findings stop the deployment:`,
    ...unaccepted.map(finding => `  ${finding.id} ${finding.packages} ${finding.url}${exceptionOf(finding) ? ` (was accepted until ${exceptionOf(finding)!.until})` : ''}`),
    'Build the image with a version that has the fix. To accept a finding until a day: infra/accepted-findings.yaml.',
  ].join('\n'))
}

function seconds (value: string): number {
  const number = Number(value)
  if (!(number >= 0 && number <= 7_200)) throw new Refused(`--wait-seconds and --poll-seconds must be from 0 to 7200.\n\n${help}`, 2)
  return number
}
