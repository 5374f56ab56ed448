import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** Told to the person at the terminal as it is, without a stack. */
export class Refused extends Error {
  readonly exitCode: number
  constructor (message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

const root = join(import.meta.dirname, '../..')

/** Runs `pulumi` at this terminal: its questions and its output are the person's. Throws Refused with its exit code when it fails. */
export async function pulumi (...args: string[]): Promise<void> {
  const { code } = await run(args, 'inherit')
  if (code !== 0) throw new Refused(`\`pulumi ${args.join(' ')}\` failed: its output is above.`, code ?? 1)
}

/** What `pulumi` prints as JSON. Throws Refused with what it says when it fails. */
export const readPulumiJson = async (...args: string[]): Promise<any> => JSON.parse(await readPulumi(...args, '--json'))

/** What `pulumi` prints. Throws Refused with what it says when it fails. */
export async function readPulumi (...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run([...args, '--non-interactive'], 'pipe')
  if (code !== 0) throw new Refused(`\`pulumi ${args.join(' ')}\` failed:\n${stderr.trim() || stdout.trim()}`, code ?? 1)
  return stdout
}

function run (args: string[], output: 'inherit' | 'pipe'): Promise<{ code: number | null, stdout: string, stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('pulumi', args, { cwd: root, stdio: [output === 'pipe' ? 'ignore' : 'inherit', output, output] })
    const [stdout, stderr]: [string[], string[]] = [[], []]
    child.stdout?.setEncoding('utf8').on('data', text => stdout.push(text))
    child.stderr?.setEncoding('utf8').on('data', text => stderr.push(text))
    child.once('error', (error: NodeJS.ErrnoException) => reject(new Refused(error.code === 'ENOENT'
      ? 'The Pulumi CLI is not on the path: https://www.pulumi.com/docs/install/'
      : `The Pulumi CLI cannot be run: ${error.message}`)))
    child.once('close', code => resolve({ code, stdout: stdout.join(''), stderr: stderr.join('') }))
    // Ctrl-C reaches both: Pulumi ends what it has begun and says so, and this waits for it.
    const wait = (): void => {}
    process.on('SIGINT', wait)
    child.once('close', () => process.off('SIGINT', wait))
  })
}

/** Runs a command's main function: exit code 0, or that of what it threw, with one sentence and no stack. */
export async function runMain (main: () => Promise<void>): Promise<void> {
  try {
    await main()
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exitCode = error instanceof Refused ? error.exitCode : 1
  }
}
