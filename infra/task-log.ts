import { GetLogEventsCommand, ResourceNotFoundException, type CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'

/** Location of a task's log. */
export interface TaskLog { logGroup: string, container: string, taskArn: string }

const maxLastLines = 50

/** Follows a growing log. `read` reports the lines since the last call; `lastLines` has the last lines, oldest first. Never throws. */
export function followLog (logs: CloudWatchLogsClient, { logGroup, container, taskArn }: TaskLog, onLine: (line: string) => void) {
  const logStreamName = `task/${container}/${taskArn.split('/').at(-1)}`
  const lastLines: string[] = []
  let nextToken: string | undefined

  function addLine (line: string): void {
    lastLines.push(line)
    if (lastLines.length > maxLastLines) lastLines.shift()
    onLine(line)
  }

  async function read (): Promise<void> {
    try {
      for (;;) {
        const before = nextToken
        const { events = [], nextForwardToken } = await logs.send(new GetLogEventsCommand({
          logGroupName: logGroup, logStreamName, startFromHead: true, nextToken,
        }))
        for (const { message } of events) addLine(message ?? '')
        nextToken = nextForwardToken ?? before
        if (nextToken === before) return // an unchanged token: all lines are read
      }
    } catch (error) {
      // The log stream does not exist before the container has started, and never if the image cannot be pulled.
      if (!(error instanceof ResourceNotFoundException)) addLine(`(no log: ${(error as Error).message})`)
    }
  }

  return { read, lastLines }
}
