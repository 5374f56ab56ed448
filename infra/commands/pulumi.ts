import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** An error whose message is shown at the terminal without a stack trace. */
export class Refused extends Error {
  readonly exitCode: number
  constructor (message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

const root = join(import.meta.dirname, '../..')

/** Runs `pulumi` on this terminal, with its prompts and its output. Throws Refused with pulumi's exit code if it fails. */
export async function pulumi (...args: string[]): Promise<void> {
  const { code } = await run(args, 'inherit')
  if (code !== 0) throw new Refused(`\`pulumi ${args.join(' ')}\` failed: its output is above.`, code ?? 1)
}

/** Returns the JSON that `pulumi` prints. Throws Refused with pulumi's messages if it fails. */
export const readPulumiJson = async (...args: string[]): Promise<any> => JSON.parse(await readPulumi(...args, '--json'))

/** Returns the text that `pulumi` prints. Throws Refused with pulumi's messages if it fails. */
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
    // Ctrl-C reaches both processes. Pulumi finishes and reports what it has begun, and this process waits for Pulumi.
    const wait = (): void => {}
    process.on('SIGINT', wait)
    child.once('close', () => process.off('SIGINT', wait))
  })
}

/** Runs a command's main function. Sets the exit code: 0, or the one of the thrown error, whose message is printed without a stack trace. */
export async function runMain (main: () => Promise<void>): Promise<void> {
  try {
    await main()
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exitCode = error instanceof Refused ? error.exitCode : 1
  }
}
