/** One request and what it must be answered. */
export interface Check {
  method?: string
  path: string
  status: number
}

/**
 * The answer that ECS wants of a lifecycle hook. Asks the new version, on the listener that nobody else reaches, each of `checks`
 * until all are answered as they must be, and gives up `limitMs` after it began.
 */
export async function runChecks (target: string, checks: Check[], { limitMs = 45_000, pauseMs = 2_000 } = {}): Promise<{ hookStatus: 'SUCCEEDED' | 'FAILED' }> {
  const endsAt = Date.now() + limitMs
  for (;;) {
    const wrong = (await Promise.all(checks.map(check => ask(target, check)))).filter(problem => problem !== undefined)
    if (wrong.length === 0) return { hookStatus: 'SUCCEEDED' }
    console.log(JSON.stringify({ target, wrong }))
    if (Date.now() + pauseMs >= endsAt) return { hookStatus: 'FAILED' }
    await new Promise(resolve => setTimeout(resolve, pauseMs))
  }
}

/** What is wrong with the answer; undefined when it is right. */
async function ask (target: string, { method = 'GET', path, status }: Check): Promise<string | undefined> {
  try {
    const answer = await fetch(target + path, { method, redirect: 'manual', signal: AbortSignal.timeout(10_000) })
    await answer.arrayBuffer()
    return answer.status === status ? undefined : `${method} ${path}: ${answer.status} in place of ${status}`
  } catch (error) {
    return `${method} ${path}: ${String((error as Error).cause ?? error)}`
  }
}

/** What Lambda calls; its environment says where and what. */
export const handler = () => runChecks(process.env.TARGET!, JSON.parse(process.env.CHECKS!) as Check[])
