const cluster = ['rds:AddTagsToResource', 'ec2:DescribeSecurityGroups']
const instance = ['rds:CreateDBInstance', ...cluster]

/**
 * The IAM actions behind each command of the AWS CLI in the documents, by AWS's Service Authorization Reference
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/). An action that AWS checks on behalf of another action is listed too.
 */
export const awsActions: Record<string, string[]> = {
  // AWS reads the service with the permissions of the caller.
  'application-autoscaling register-scalable-target': ['application-autoscaling:RegisterScalableTarget', 'ecs:DescribeServices', 'ecs:UpdateService'],
  'cloudtrail lookup-events': ['cloudtrail:LookupEvents'],
  'ecr batch-delete-image': ['ecr:BatchDeleteImage'],
  'ecr list-images': ['ecr:ListImages'],
  'ecs continue-service-deployment': ['ecs:ContinueServiceDeployment'],
  'ecs describe-tasks': ['ecs:DescribeTasks'],
  'ecs run-task': ['ecs:RunTask', 'iam:PassRole'],
  'ecs stop-service-deployment': ['ecs:StopServiceDeployment'],
  'ecs stop-task': ['ecs:StopTask'],
  'ecs update-service': ['ecs:UpdateService'],
  'ecs wait services-stable': ['ecs:DescribeServices'],
  'ecs wait tasks-stopped': ['ecs:DescribeTasks'],
  'iam create-policy': ['iam:CreatePolicy'],
  'kms cancel-key-deletion': ['kms:CancelKeyDeletion'],
  'kms enable-key': ['kms:EnableKey'],
  'logs start-query': ['logs:StartQuery', 'logs:GetQueryResults'],
  'logs tail': ['logs:FilterLogEvents'],
  'rds create-db-cluster': ['rds:CreateDBCluster', ...cluster],
  'rds create-db-instance': instance,
  // Deletion makes a last snapshot, with the tags of the database.
  'rds delete-db-cluster': ['rds:DeleteDBCluster', 'rds:CreateDBClusterSnapshot', 'rds:AddTagsToResource'],
  'rds delete-db-instance': ['rds:DeleteDBInstance', 'rds:CreateDBSnapshot', 'rds:AddTagsToResource'],
  'rds describe-db-clusters': ['rds:DescribeDBClusters'],
  'rds describe-db-instances': ['rds:DescribeDBInstances'],
  'rds describe-events': ['rds:DescribeEvents'],
  'rds modify-db-cluster': ['rds:ModifyDBCluster'],
  'rds modify-db-instance': ['rds:ModifyDBInstance'],
  'rds restore-db-cluster-to-point-in-time': ['rds:RestoreDBClusterToPointInTime', ...instance],
  'rds restore-db-instance-to-point-in-time': ['rds:RestoreDBInstanceToPointInTime', ...cluster],
  'rds wait db-cluster-available': ['rds:DescribeDBClusters'],
  'rds wait db-instance-available': ['rds:DescribeDBInstances'],
  'rds wait db-instance-deleted': ['rds:DescribeDBInstances'],
  's3api delete-objects': ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  's3api list-object-versions': ['s3:ListBucketVersions'],
  'scheduler list-schedules': ['scheduler:ListSchedules'],
  'secretsmanager describe-secret': ['secretsmanager:DescribeSecret'],
  'secretsmanager get-secret-value': ['secretsmanager:GetSecretValue'],
  'secretsmanager restore-secret': ['secretsmanager:RestoreSecret'],
  'secretsmanager update-secret-version-stage': ['secretsmanager:UpdateSecretVersionStage'],
  'sqs list-queues': ['sqs:ListQueues'],
  'sqs purge-queue': ['sqs:PurgeQueue'],
  'sqs receive-message': ['sqs:ReceiveMessage'],
  'sqs send-message': ['sqs:SendMessage'],
}
