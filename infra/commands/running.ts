import { DescribeTasksCommand, ECSClient, paginateListTasks, type Task } from '@aws-sdk/client-ecs'
import { parseArgs } from 'node:util'
import { readPulumiJson, runMain, Refused } from './pulumi.ts'
import { differences, type Expected } from './running-tasks.ts'

/**
 * `node infra/commands/running.ts --stack NAME --image …@sha256:…`: checks that all tasks run that image, with the task
 * definitions of the last deployment.
 */
await runMain(async () => {
  const text = { type: 'string' } as const
  const { stack, image } = parseArgs({ options: { stack: text, image: text } }).values
  if (!stack || !image) throw new Refused('--stack and --image are required', 2)
  const outputs = await readPulumiJson('stack', 'output', '--stack', stack) as {
    clusterName: string, services: Record<string, string>, taskDefinitions: Record<string, string>, image: string
  }
  if (outputs.image !== image) throw new Refused(`The stack "${stack}" was deployed with ${outputs.image}, not ${image}.`)
  const ecs = new ECSClient({ region: /\.ecr\.([^.]+)\./.exec(image)?.[1] })
  const wrong: string[] = []
  for (const [name, service] of Object.entries(outputs.services)) {
    const expected: Expected = { taskDefinition: outputs.taskDefinitions[name]!, digest: image.split('@')[1]! }
    const tasks = await tasksOf(ecs, outputs.clusterName, service)
    wrong.push(...differences(expected, tasks).map(difference => `${name}: ${difference}`))
    console.log(`${name}: ${tasks.length} tasks, expected definition ${expected.taskDefinition}`)
  }
  if (wrong.length > 0) throw new Refused(wrong.join('\n'))
})

async function tasksOf (ecs: ECSClient, cluster: string, serviceName: string): Promise<Task[]> {
  const found: Task[] = []
  // A page has at most 100 ARNs, which is also the maximum of DescribeTasks.
  for await (const { taskArns = [] } of paginateListTasks({ client: ecs }, { cluster, serviceName, desiredStatus: 'RUNNING' })) {
    if (taskArns.length > 0) found.push(...(await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }))).tasks ?? [])
  }
  return found
}
