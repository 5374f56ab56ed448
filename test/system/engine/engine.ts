import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const root = join(import.meta.dirname, '../../..')

export type Ran = { code: number | null, text: string }

/** Runs the `pulumi` on the path, with a backend in a folder and stand-ins for the providers of the program. */
export class Engine {
  readonly #environment: NodeJS.ProcessEnv

  constructor (folder: string, cloud: string, endpoint: string) {
    const plugins = join(folder, 'plugins')
    mkdirSync(plugins)
    for (const name of ['aws', 'docker']) {
      const file = join(plugins, `pulumi-resource-${name}`)
      writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, 'provider.ts')}' ${name} '${cloud}'\n`)
      chmodSync(file, 0o755)
    }
    this.#environment = {
      ...process.env,
      PATH: `${plugins}:${dirname(process.execPath)}:${process.env.PATH}`,
      PULUMI_HOME: join(folder, 'home'), PULUMI_SKIP_UPDATE_CHECK: 'true', PULUMI_CONFIG_PASSPHRASE: '', PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
      PULUMI_BACKEND_URL: this.backend(folder, 'first'),
      AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_EC2_METADATA_DISABLED: 'true',
    }
  }

  /** Creates a folder for states; `use` selects it as the backend. */
  backend (folder: string, name: string): string {
    mkdirSync(join(folder, name), { recursive: true })
    return `file://${join(folder, name)}`
  }

  use (backend: string): void {
    this.#environment.PULUMI_BACKEND_URL = backend
  }

  pulumi (...args: string[]): Promise<Ran> {
    return this.#run('pulumi', [...args, '--non-interactive'])
  }

  /** Runs `npm run NAME -- …args`. */
  npmRun (name: 'stack', ...args: string[]): Promise<Ran> {
    return this.#run(process.execPath, [join(root, 'infra/commands', `${name}.ts`), ...args])
  }

  #run (command: string, args: string[]): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd: root, env: this.#environment, stdio: ['ignore', 'pipe', 'pipe'] })
      let text = ''
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', part => { text += part })
      child.once('error', reject).once('close', code => resolve({ code, text }))
    })
  }
}
