import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { secretArn, secretServer } from './secret-server.ts'

export type SecretsManager = {
  /** Environment variables that let a process find this server. */
  env: Record<string, string>
  /** Sets the response from now on: a value, an error's name, or no response. */
  respondWith: (now: { value: string } | { error: string } | 'unavailable') => void
}

/** Starts Secrets Manager with one secret, for callers whose signature is valid. */
export async function secretsManager (t: { teardown: (close: () => void) => unknown }): Promise<SecretsManager> {
  let current: Parameters<SecretsManager['respondWith']>[0] = 'unavailable'
  const env = await secretServer(t, async (request, response) => {
    const now = current
    if (now === 'unavailable') return request.socket.destroy()
    const { status, body } = await isForIt(request) ? responseOf(now) : { status: 400, body: { __type: 'AccessDeniedException' } }
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
  })
  return {
    env: { ...env, API_KEYS_SECONDS: '1' },
    respondWith (now) { current = now },
  }
}

async function isForIt (request: IncomingMessage): Promise<boolean> {
  const { SecretId } = JSON.parse(await text(request)) as { SecretId: string }
  const { authorization = '', 'x-amz-target': target } = request.headers
  return SecretId === secretArn && target === 'secretsmanager.GetSecretValue' && authorization.includes('/eu-west-1/secretsmanager/aws4_request')
}

function responseOf (now: { value: string } | { error: string }): { status: number, body: object } {
  return 'value' in now
    ? { status: 200, body: { ARN: secretArn, Name: 'api-keys', SecretString: now.value, VersionId: 'x' } }
    : { status: 400, body: { __type: now.error, message: 'no' } }
}
