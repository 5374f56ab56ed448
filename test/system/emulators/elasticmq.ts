import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../harness/free-port.ts'
import { startProgram } from './program.ts'

export type Emulator = { endpoint: URL, stop: () => Promise<void> }

/** Starts ElasticMQ with messages in memory and the limits of SQS. */
export async function startElasticMq (path: string): Promise<Emulator> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-elasticmq-'))
  const file = join(folder, 'elasticmq.conf')
  writeFileSync(file, configuration(port))
  const endpoint = new URL(`http://127.0.0.1:${port}`)
  const [command, ...args] = commandOf(path, `-Dconfig.file=${file}`)
  const program = await startProgram(command, args, { isReady: () => listsQueues(endpoint) })
  return {
    endpoint,
    async stop () {
      await program.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

function commandOf (path: string, setting: string): [string, ...string[]] {
  const java: [string, ...string[]] = ['java', '-Xmx512m', setting]
  if (statSync(path).isDirectory()) return [...java, '-cp', join(path, '*'), 'org.elasticmq.server.Main']
  return path.endsWith('.jar') ? [...java, '-jar', path] : [path, setting]
}

const configuration = (port: number): string => `
include classpath("application.conf")
node-address { protocol = http, host = "127.0.0.1", port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-port = ${port}, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats { enabled = false }
aws { region = eu-west-1, accountId = 000000000000 }
`

async function listsQueues (endpoint: URL): Promise<boolean> {
  const { ok } = await fetch(endpoint, {
    method: 'POST', body: '{}', headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ListQueues' },
  })
  return ok
}
