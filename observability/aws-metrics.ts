/**
 * Metrics that AWS publishes, with their dimensions. Every metric that an alarm or a panel reads on AWS is in this file or in
 * lib/metrics/cloudwatch.ts.
 */
export const awsMetrics = {
  /** The sum of both target groups of a blue/green service, since traffic moves between them. */
  'rates-api-requests': { namespace: 'AWS/ApplicationELB', dimensions: ['LoadBalancer', 'TargetGroup'], metrics: ['HTTPCode_Target_5XX_Count', 'RequestCount', 'TargetResponseTime'] },
  'ingestion-api-requests': { namespace: 'AWS/ApplicationELB', dimensions: ['LoadBalancer', 'TargetGroup'], metrics: ['HTTPCode_Target_5XX_Count', 'RequestCount', 'TargetResponseTime'] },
  /** The API gateway before the ingestion API. The target groups do not count the gateway's own responses. */
  gateway: { namespace: 'AWS/ApiGateway', dimensions: ['ApiId'], metrics: ['5xx', 'Count', 'Latency'] },
  /** The target groups in use of each HTTP service. An alarm with this source is one alarm for each service. */
  targets: { namespace: 'AWS/ApplicationELB', dimensions: ['LoadBalancer', 'TargetGroup'], metrics: ['HealthyHostCount', 'UnHealthyHostCount'] },
  /** Each ECS service. An alarm with this source is one alarm for each service. */
  services: { namespace: 'AWS/ECS', dimensions: ['ClusterName', 'ServiceName'], metrics: ['CPUUtilization', 'MemoryUtilization'] },
  database: { namespace: 'AWS/RDS', dimensions: ['DBInstanceIdentifier'], metrics: ['CPUUtilization', 'DatabaseConnections', 'FreeStorageSpace', 'ReadLatency', 'WriteLatency', 'ReadIOPS', 'WriteIOPS'] },
  /** Each replica. An alarm with this source is one alarm for each replica. */
  replica: { namespace: 'AWS/RDS', dimensions: ['DBInstanceIdentifier'], metrics: ['ReplicaLag', 'CPUUtilization'] },
  queue: { namespace: 'AWS/SQS', dimensions: ['QueueName'], metrics: ['ApproximateAgeOfOldestMessage', 'ApproximateNumberOfMessagesVisible', 'ApproximateNumberOfMessagesNotVisible', 'NumberOfMessagesReceived', 'NumberOfMessagesSent'] },
  /** The dead-letter queue of the monthly schedule: invocations that started no task. */
  'schedule-dead-letters': { namespace: 'AWS/SQS', dimensions: ['QueueName'], metrics: ['ApproximateNumberOfMessagesVisible'] },
  'dead-letter-queue': { namespace: 'AWS/SQS', dimensions: ['QueueName'], metrics: ['ApproximateNumberOfMessagesVisible'] },
} as const satisfies Record<string, { namespace: string, dimensions: readonly string[], metrics: readonly string[] }>

export type AwsSource = keyof typeof awsMetrics
export type AwsMetric = typeof awsMetrics[AwsSource]['metrics'][number]
