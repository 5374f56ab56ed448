import { openSecrets } from '../../../lib/process/aws.ts'
import { defaultKeySeconds } from '../../../lib/api-keys/key-source.ts'
import { CommandError } from '../command-error.ts'
import type { System } from '../system.ts'
import { openFileList } from './file-list.ts'
import type { KeyList } from './key-list.ts'
import { openSecretList } from './secret-list.ts'

/** Opens the list of API keys that the environment names. `seconds` is the maximum time until a running service uses a changed list. */
export function openKeyList ({ optional }: System): KeyList & { seconds: number } {
  const [secret, path, region] = ['API_KEYS_SECRET', 'API_KEYS_FILE', 'AWS_REGION'].map(optional)
  const seconds = Number(optional('API_KEYS_SECONDS') ?? defaultKeySeconds)
  if (secret) return { ...openSecretList(openSecrets({ region }), secret), seconds }
  if (path) return { ...openFileList(path, optional('ENVIRONMENT') ?? 'production'), seconds }
  throw new CommandError('Neither API_KEYS_SECRET nor API_KEYS_FILE is set. `keys` changes the list of a stack on AWS (with --stack NAME) and of the system that ' +
    '`npm start` runs. docker-compose.yml has its keys in API_KEYS of ingestion-api: docs/containers.md, "API keys".', 2)
}
