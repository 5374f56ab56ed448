import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { DeclaredResource } from '../../infra/policy/rules.ts'
import { childEnvironment } from '../harness/child-environment.ts'

const ofPulumi = createRequire(createRequire(import.meta.url).resolve('@pulumi/pulumi'))
const { credentials } = ofPulumi('@grpc/grpc-js')
const { AnalyzerClient } = ofPulumi('@pulumi/pulumi/proto/analyzer_grpc_pb')
const analyzer = ofPulumi('@pulumi/pulumi/proto/analyzer_pb')
const { Struct } = ofPulumi('google-protobuf/google/protobuf/struct_pb')
const { Empty } = ofPulumi('google-protobuf/google/protobuf/empty_pb')

export type Analyzed = Omit<DeclaredResource, 'tier'> & { type: string, stack: string }
export type Diagnostic = { policy: string, level: 'advisory' | 'mandatory', urn: string, message: string }
export type Runner = {
  info: () => Promise<{ name: string, policies: Array<{ name: string, level: string, ofStack: boolean }> }>
  analyze: (resource: Analyzed) => Promise<Diagnostic[]>
  analyzeStack: (resources: Analyzed[]) => Promise<Diagnostic[]>
}

/**
 * Runs the policy pack in the process that the Pulumi CLI starts for it, with a client of its protocol. The CLI gives that process the stack's
 * configuration; here the configuration is `tier` alone, or empty. Rejects with the errors of the process if the process does not serve.
 */
export async function policyRunner (t: Test, tier: string | undefined): Promise<Runner> {
  const child = spawn(process.execPath, [ofPulumi.resolve('@pulumi/pulumi/cmd/run-policy-pack/index.js'), '127.0.0.1:1', '.'], {
    cwd: join(import.meta.dirname, '../../infra/policy'), stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...childEnvironment, PATH: process.env.PATH, ...(tier ? { PULUMI_CONFIG: JSON.stringify({ 'freight-rates:tier': tier }) } : {}) },
  })
  const exited = once(child, 'close')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', text => { errors += text })
  const [port] = await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), exited.then(() => { throw new Error(errors) })])
  const client = new AnalyzerClient(`127.0.0.1:${Number(port)}`, credentials.createInsecure())
  t.teardown(() => client.close())
  const call = (method: string, request: unknown): Promise<any> => new Promise((resolve, reject) => {
    client[method](request, (error: Error | null, response: unknown) => {
      if (error) reject(error)
      else resolve(response)
    })
  })
  return {
    async info () {
      const info = await call('getAnalyzerInfo', new Empty())
      return {
        name: info.getName(),
        policies: info.getPoliciesList().map((one: any) => ({
          name: one.getName(), level: levelOf(one.getEnforcementlevel()), ofStack: one.getPolicyType() === analyzer.PolicyType.POLICY_TYPE_STACK,
        })),
      }
    },
    analyze: async resource => diagnosticsOf(await call('analyze', describe(new analyzer.AnalyzeRequest(), resource))),
    analyzeStack: async resources => diagnosticsOf(await call('analyzeStack', new analyzer.AnalyzeStackRequest()
      .setResourcesList(resources.map(resource => describe(new analyzer.AnalyzerResource(), resource))))),
  }
}

function describe (request: any, { type, name, stack, inputs, protect }: Analyzed): unknown {
  const options = new analyzer.AnalyzerResourceOptions()
  options.setProtect(protect)
  request.setType(type)
  request.setName(name)
  request.setUrn(urnOf({ type, name, stack }))
  request.setProperties(Struct.fromJavaScript(JSON.parse(JSON.stringify(inputs)))) // without undefined members
  request.setOptions(options)
  return request
}

export const urnOf = ({ type, name, stack }: Pick<Analyzed, 'type' | 'name' | 'stack'>): string => `urn:pulumi:${stack}::freight-rates::${type}::${name}`

const levelOf = (level: number): 'advisory' | 'mandatory' => level === analyzer.EnforcementLevel.MANDATORY ? 'mandatory' : 'advisory'

const diagnosticsOf = (response: any): Diagnostic[] => response.getDiagnosticsList().map((one: any) => ({
  policy: one.getPolicyname(), level: levelOf(one.getEnforcementlevel()), urn: one.getUrn(), message: one.getMessage(),
}))
