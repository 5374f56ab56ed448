import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export const secretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:api-keys-AbCdEf'

/** Starts a server in place of Secrets Manager until the test ends. Returns the environment variables for the server and its one secret. */
export async function secretServer (t: { teardown: (close: () => void) => unknown }, listener: RequestListener): Promise<Record<string, string>> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'eu-west-1', API_KEYS_SECRET: secretArn,
  }
}
