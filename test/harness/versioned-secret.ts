import { randomUUID } from 'node:crypto'
import { json } from 'node:stream/consumers'
import type { Test } from 'tap'
import { secretArn, secretServer } from './secret-server.ts'

type Body = {
  SecretId: string, VersionStage?: string, SecretString?: string, ClientRequestToken?: string, VersionStages?: string[]
  MoveToVersionId?: string, RemoveFromVersionId?: string
}
type Result = { status: number, body: object }

export type VersionedSecret = {
  /** Environment variables that let a command find this server. */
  env: Record<string, string>
  /** Returns the value of the version with the label. */
  value: (label?: string) => string | undefined
  /** Puts a new value, as `aws secretsmanager put-secret-value` by another caller. */
  put: (value: string) => void
  /** The actions that were called, in order. */
  calls: string[]
  /** Calls `act` once, before the next call of that action is answered. The return value decides what happens with the call. */
  beforeNext: (action: string, act: () => Act) => void
  /** Makes the server unreachable (true) or reachable again (false). */
  setUnavailable: (isUnavailable: boolean) => void
}

/** `lose the call`: the connection is cut before the call has an effect. `deny`: the caller lacks the permission. */
export type Act = 'respond' | 'lose the response' | 'lose the call' | 'deny'

/**
 * Starts Secrets Manager with one secret that has versions and staging labels. As documented by AWS, a label moves only from the version that has
 * it.
 */
export async function versionedSecret (t: Test, first: string): Promise<VersionedSecret> {
  const versions = new Map<string, string>()
  const labels = new Map<string, string>()
  const calls: string[] = []
  let before: { action: string, act: () => Act } | undefined
  let unavailable = false

  function put (value: string, stages: string[], id: string): void {
    versions.set(id, value)
    for (const label of stages) labels.set(label, id)
  }
  put(first, ['AWSCURRENT'], randomUUID())

  const actions: Record<string, (body: Body) => Result> = {
    GetSecretValue ({ VersionStage: label = 'AWSCURRENT' }) {
      const id = labels.get(label)
      return id === undefined ? refusal('ResourceNotFoundException', `no version with ${label}`) : ok({ VersionId: id, SecretString: versions.get(id), VersionStages: [label] })
    },
    PutSecretValue ({ SecretString, ClientRequestToken: id = randomUUID(), VersionStages = ['AWSCURRENT'] }) {
      put(SecretString!, VersionStages, id)
      return ok({ VersionId: id, VersionStages })
    },
    UpdateSecretVersionStage ({ VersionStage: label = '', MoveToVersionId: to = '', RemoveFromVersionId: from }) {
      if (labels.get(label) !== from) return refusal('InvalidParameterException', `Staging label ${label} is currently attached to version ${labels.get(label)}`)
      if (!versions.has(to)) return refusal('InvalidParameterException', `no version ${to}`)
      labels.set(label, to)
      return ok({})
    },
  }
  const env = await secretServer(t, async (request, response) => {
    const action = String(request.headers['x-amz-target']).replace(/^secretsmanager\./, '')
    const body = await json(request) as Body
    calls.push(action)
    let outcome: Act = 'respond'
    if (before?.action === action) {
      const { act } = before
      before = undefined
      outcome = act()
    }
    if (unavailable || outcome === 'lose the call') return request.socket.destroy()
    const { status, body: content } = outcome === 'deny' ? refusal('AccessDeniedException', action) : body.SecretId === secretArn ? actions[action]!(body) : refusal('ResourceNotFoundException', 'another secret')
    if (outcome === 'lose the response') request.socket.destroy()
    else response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(content))
  })
  return {
    env,
    value: (label = 'AWSCURRENT') => versions.get(labels.get(label) ?? ''),
    put: value => put(value, ['AWSCURRENT'], randomUUID()),
    calls,
    beforeNext (action, act) { before = { action, act } },
    setUnavailable (isUnavailable) { unavailable = isUnavailable },
  }
}

const ok = (body: object): Result => ({ status: 200, body: { ARN: secretArn, Name: 'api-keys', ...body } })
const refusal = (type: string, message: string): Result => ({ status: 400, body: { __type: type, message } })
