import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export type SecretsManager = {
  /** The variables that lead a process to it. */
  env: Record<string, string>
  /** What it answers from now on: a value, an error's name, or nothing at all. */
  answer: (now: { value: string } | { error: string } | 'away') => void
}

export const secretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:api-keys-AbCdEf'

/** Secrets Manager with one secret, for who signs for it. */
export async function secretsManager (t: { teardown: (end: () => void) => unknown }): Promise<SecretsManager> {
  let current: Parameters<SecretsManager['answer']>[0] = 'away'
  const server = createServer(async (request, response) => {
    const now = current
    if (now === 'away') request.socket.destroy()
    else {
      const { status, body } = await isForIt(request) ? answerOf(now) : { status: 400, body: { __type: 'AccessDeniedException' } }
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    env: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'eu-west-1', API_KEYS_SECRET: secretArn, API_KEYS_SECONDS: '1',
    },
    answer (now) { current = now },
  }
}

async function isForIt (request: IncomingMessage): Promise<boolean> {
  const { SecretId } = JSON.parse(await text(request)) as { SecretId: string }
  const { authorization = '', 'x-amz-target': target } = request.headers
  return SecretId === secretArn && target === 'secretsmanager.GetSecretValue' && authorization.includes('/eu-west-1/secretsmanager/aws4_request')
}

function answerOf (now: { value: string } | { error: string }): { status: number, body: object } {
  return 'value' in now
    ? { status: 200, body: { ARN: secretArn, Name: 'api-keys', SecretString: now.value, VersionId: 'x' } }
    : { status: 400, body: { __type: now.error, message: 'no' } }
}
