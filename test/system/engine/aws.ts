import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface StandIn {
  endpoint: string
  /** Exit code of the next tasks. */
  exitCode: number
  /** Task definitions that were run, in order. */
  readonly tasks: string[]
  close: () => void
}

/** Starts a stand-in for the AWS calls of the program and the engine: a task of ECS with its log, and the key of the stack's secrets. */
export async function standIn (): Promise<StandIn> {
  const tasks: string[] = []
  const emulated: StandIn = { endpoint: '', exitCode: 0, tasks, close: () => server.close() }
  const handlers: Record<string, (body: any) => unknown> = {
    RunTask ({ taskDefinition, cluster }) {
      tasks.push(taskDefinition)
      return { tasks: [{ taskArn: `arn:aws:ecs:eu-west-1:111111111111:task/${cluster}/${tasks.length}` }], failures: [] }
    },
    DescribeTasks: ({ tasks }) => ({ tasks: [{ taskArn: tasks[0], lastStatus: 'STOPPED', stoppedReason: 'Essential container in task exited', containers: [{ name: 'main', exitCode: emulated.exitCode }] }] }),
    GetLogEvents: ({ nextToken }) => ({
      events: nextToken ? [] : [{ message: emulated.exitCode === 0 ? 'migrated' : 'relation "prices" already exists' }], nextForwardToken: 'f/1',
    }),
    // No encryption: the stack has no real secrets.
    Encrypt: ({ KeyId, Plaintext }) => ({ KeyId, CiphertextBlob: Plaintext, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }),
    Decrypt: ({ KeyId, CiphertextBlob }) => ({ KeyId, Plaintext: CiphertextBlob, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }),
  }
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString() || '{}')
    const action = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    const handle = handlers[action]
    response.statusCode = handle ? 200 : 400
    response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify(handle ? handle(body) : { __type: 'UnknownOperationException', message: action }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  emulated.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return emulated
}
