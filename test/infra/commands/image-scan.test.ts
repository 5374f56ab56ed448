import { execFile } from 'node:child_process'
import { chmodSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { readAccepted } from '../../../infra/commands/image-scan/accepted-findings.ts'
import { childEnvironment } from '../../harness/child-environment.ts'

const digest = `sha256:${'a'.repeat(64)}`
const image = `333333333333.dkr.ecr.eu-west-1.amazonaws.com/freight@${digest}`
const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
const of = { registryId: '333333333333', repositoryName: 'freight', imageId: { imageDigest: digest } }
const complete = { status: 'COMPLETE', description: 'The scan was completed successfully.' }
const active = { status: 'ACTIVE', description: 'Continuous scan is selected for image.' }
const scannedAt = { imageScanCompletedAt: '2026-11-27T08:00:00+00:00', vulnerabilitySourceUpdatedAt: '2026-11-27T04:00:00+00:00' }

/** Responses of basic scanning and of Amazon Inspector, with the members that AWS documents. */
const basic = (name: string, severity: string) => ({
  name, severity, description: 'A flaw.', uri: `https://security-tracker.debian.org/tracker/${name}`,
  attributes: [{ key: 'package_version', value: '3.0.17-1' }, { key: 'package_name', value: 'openssl' }, { key: 'CVSS3_SCORE', value: '9.8' }],
})
const enhanced = (vulnerabilityId: string, severity: string, status = 'ACTIVE') => ({
  awsAccountId: '333333333333', description: 'A flaw.', findingArn: 'arn:aws:inspector2:eu-west-1:333333333333:finding/x', score: 9.8, severity, status,
  packageVulnerabilityDetails: {
    vulnerabilityId, source: 'DEBIAN_CVE', sourceUrl: `https://security-tracker.debian.org/tracker/${vulnerabilityId}`,
    vulnerablePackages: [{ arch: 'ARM64', epoch: 0, name: 'openssl', packageManager: 'OS', version: '3.0.17', release: '1' }],
  },
  title: `${vulnerabilityId} - openssl`, type: 'PACKAGE_VULNERABILITY',
})
const counted = (findings: Array<{ severity: string }>) => {
  const groups = Object.entries(Object.groupBy(findings, one => one.severity))
  return { ...scannedAt, findingSeverityCounts: Object.fromEntries(groups.map(([severity, all]) => [severity, all!.length])) }
}
const basicScan = (...findings: ReturnType<typeof basic>[]) =>
  ({ ...of, imageScanStatus: complete, imageScanFindings: { findings, ...counted(findings) } })
const inspectorScan = (...enhancedFindings: ReturnType<typeof enhanced>[]) => ({
  ...of, imageScanStatus: active, imageScanFindings: { findings: [], enhancedFindings, ...counted(enhancedFindings) },
})
const notFound = 'ScanNotFoundException'
const waiting = (status: object) => ({ ...of, imageScanStatus: status, imageScanFindings: { findings: [] } })

type Run = { code: number, text: string, calls: string[] }

/** Runs the command with an `aws` that gives these outputs in sequence and then repeats the last one. Text is the name of an error. */
async function run (t: Test, outputs: Array<object | string>, accepted: object[] = [], args: string[] = ['--image', image]): Promise<Run> {
  const folder = t.testdir({
    outputs: JSON.stringify(outputs),
    calls: '',
    'accepted.yaml': JSON.stringify({ findings: accepted }),
    aws: `#!${process.execPath}
import { appendFileSync, readFileSync } from 'node:fs'
const calls = import.meta.dirname + '/calls'
const outputs = JSON.parse(readFileSync(import.meta.dirname + '/outputs', 'utf8'))
const before = readFileSync(calls, 'utf8').split('\\n').length - 1
appendFileSync(calls, process.argv.slice(2).join(' ') + '\\n')
const output = outputs[Math.min(before, outputs.length - 1)]
if (typeof output === 'object') console.log(JSON.stringify(output, null, 4))
else {
  console.error('\\nAn error occurred (' + output + ') when calling the DescribeImageScanFindings operation: so it is')
  process.exit(254)
}
`,
  })
  chmodSync(join(folder, 'aws'), 0o755)
  const file = join(import.meta.dirname, '../../../infra/commands/image-scan.ts')
  const more = ['--accepted', join(folder, 'accepted.yaml'), '--poll-seconds', '0', ...args.includes('--wait-seconds') ? [] : ['--wait-seconds', '600']]
  return await new Promise(resolve => {
    const child = execFile(process.execPath, [file, ...args, ...more], { env: { ...childEnvironment, PATH: `${folder}:${dirname(process.execPath)}` } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode!, text: stdout + stderr, calls: readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n') }))
  })
}

t.test('an image without a critical finding may be deployed', async t => {
  const { code, text, calls } = await run(t, [basicScan(basic('CVE-2026-1', 'HIGH'), basic('CVE-2026-2', 'HIGH'), basic('CVE-2026-3', 'UNDEFINED'))])
  t.equal(code, 0, text)
  t.match(text, 'HIGH 2')
  t.same(calls, [`ecr describe-image-scan-findings --region eu-west-1 --registry-id 333333333333 --repository-name freight --image-id imageDigest=${digest} --output json`])
  t.equal((await run(t, [basicScan()])).code, 0)
  t.equal((await run(t, [inspectorScan(enhanced('CVE-2026-4', 'HIGH'), enhanced('CVE-2026-5', 'CRITICAL', 'CLOSED'))])).code, 1, 'counted as critical by the registry, so not ignored')
})

t.test('a critical finding stops the deployment, from basic scanning and from Amazon Inspector', async t => {
  for (const [kind, scan] of [
    ['basic', basicScan(basic('CVE-2026-10', 'CRITICAL'), basic('CVE-2026-11', 'LOW'))], ['enhanced', inspectorScan(enhanced('CVE-2026-10', 'CRITICAL'))],
    ['enhanced with COMPLETE', { ...inspectorScan(enhanced('CVE-2026-10', 'CRITICAL')), imageScanStatus: complete }],
  ] as const) {
    const { code, text } = await run(t, [scan])
    t.equal(code, 1, kind)
    t.match(text, 'CVE-2026-10 openssl', kind)
    t.notMatch(text, 'CVE-2026-11', kind)
  }
  const { code } = await run(t, [{ ...basicScan(), imageScanFindings: { findings: [], ...scannedAt, findingSeverityCounts: { CRITICAL: 1 } } }])
  t.equal(code, 1, 'counted and not listed')
})

t.test('the command waits for the scan', async t => {
  const pending = { status: 'PENDING', description: 'Pending start of the image scan.' }
  const steps = [notFound, waiting(pending), waiting({ status: 'IN_PROGRESS' }), waiting(complete), waiting(active), basicScan(basic('CVE-2026-10', 'CRITICAL'))]
  const { code, calls } = await run(t, steps)
  t.same([code, calls.length], [1, steps.length], 'COMPLETE and ACTIVE without the time of a scan are no result')
  for (const last of [notFound, waiting(pending), waiting(complete), waiting(active)]) {
    const { code, calls } = await run(t, [last], [], ['--image', image, '--wait-seconds', '0'])
    t.same([code, calls.length > 0], [1, true], `no result in time: ${JSON.stringify(last)}`)
  }
})

t.test('a scan without a result stops the deployment', async t => {
  for (const status of ['FAILED', 'UNSUPPORTED_IMAGE', 'SCAN_ELIGIBILITY_EXPIRED', 'FINDINGS_UNAVAILABLE', 'A_NEW_ONE', '']) {
    const { code, text, calls } = await run(t, [waiting({ status, description: 'so it is' })])
    t.same([code, calls.length], [1, 1], status)
    t.match(text, `has no result: ${status}`)
  }
  const { code, text } = await run(t, ['AccessDeniedException'])
  t.equal(code, 1)
  t.match(text, 'AccessDeniedException')
  t.equal((await run(t, [{ ...basicScan(), imageId: { imageDigest: `sha256:${'b'.repeat(64)}` } }])).code, 1, 'of another image')
})

t.test('a named finding is accepted until a day', async t => {
  const scan = basicScan(basic('CVE-2026-10', 'CRITICAL'), basic('CVE-2026-12', 'CRITICAL'))
  const accept = (id: string, days: number): object => ({ id, until: day(days), why: 'no process loads it' })
  t.equal((await run(t, [scan], [accept('CVE-2026-10', 30), accept('CVE-2026-12', 0)])).code, 0, 'the last day counts')
  t.equal((await run(t, [inspectorScan(enhanced('CVE-2026-10', 'CRITICAL'))], [accept('CVE-2026-10', 30)])).code, 0)
  const one = await run(t, [scan], [accept('CVE-2026-10', 30)])
  t.equal(one.code, 1)
  t.match(one.text, /^ {2}CVE-2026-12/m)
  t.notMatch(one.text, /^ {2}CVE-2026-10/m)
  t.equal((await run(t, [scan], [accept('CVE-2026-10', 30), accept('CVE-2026-12', -1)])).code, 1, 'over')
})

t.test('an entry that accepts more than a person decided is refused', async t => {
  const good = { id: 'CVE-2026-10', until: day(30), why: 'no process loads it' }
  for (const wrong of [{ ...good, until: undefined }, { ...good, until: day(91) }, { ...good, until: '2026-02-31' }, { ...good, until: 'never' }, { ...good, why: ' ' }, { ...good, id: 'CVE-*' },
    { ...good, id: '' }, { ...good, severity: 'CRITICAL' }]) {
    const { code, calls } = await run(t, [basicScan()], [wrong])
    t.same([code, calls], [2, ['']], JSON.stringify(wrong))
  }
  t.match(await run(t, [basicScan()], [], ['--image', `${image.split('@')[0]}:latest`]), { code: 2, calls: [''] }, 'a tag moves')
  t.doesNotThrow(() => readAccepted(join(import.meta.dirname, '../../../infra/accepted-findings.yaml'), day(0)), 'the file of the repository is read')
})
