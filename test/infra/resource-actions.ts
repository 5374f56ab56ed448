/**
 * Actions that IAM checks in the life of each type of resource that the program of the platform registers. They are the actions behind the
 * provider's calls, by their names in AWS's Service Authorization Reference (https://docs.aws.amazon.com/service-authorization/latest/reference/).
 * `read` is what a preview with a refresh needs; `change` is the rest: create, update, delete, tag. `iam:PassRole SERVICE` passes a role to that
 * service, `iam:CreateServiceLinkedRole SERVICE` makes the service's own role at its first use in an account.
 */
export interface Actions { read: string[], change: string[] }

/**
 * Returns the actions of `life('sqs', 'GetQueueUrl', 'CreateQueue lambda:InvokeFunction')`: names of the service, or of another service that the
 * name includes.
 */
function life (service: string, read: string, change = ''): Actions {
  const actions = (names: string): string[] => (names.match(/(iam:(PassRole|CreateServiceLinkedRole) )?[^ ]+/g) ?? []).map(name => name.includes(':') ? name : `${service}:${name}`)
  return { read: actions(read), change: actions(change) }
}

const tags = 'TagResource UntagResource'
const ec2Tags = 'CreateTags DeleteTags'
const rdsTags = 'AddTagsToResource RemoveTagsFromResource'
const createServiceLinkedRole = (service: string): string => `iam:CreateServiceLinkedRole ${service}`
const gateway = (more = ''): Actions => life('apigateway', 'GET', `POST PUT PATCH DELETE ${more}`)
const queueAttributes = life('sqs', 'GetQueueAttributes', 'SetQueueAttributes')
const role = life('iam', 'GetRole ListRolePolicies ListAttachedRolePolicies', 'CreateRole UpdateRole UpdateAssumeRolePolicy PutRolePermissionsBoundary TagRole UntagRole ListInstanceProfilesForRole DeleteRole')
const parameterGroup = (kind: string): Actions => life('rds', `Describe${kind}ParameterGroups Describe${kind}Parameters ListTagsForResource`,
  `Create${kind}ParameterGroup Modify${kind}ParameterGroup Reset${kind}ParameterGroup Delete${kind}ParameterGroup ${rdsTags}`)
const instance = life('rds', 'DescribeDBInstances ListTagsForResource',
  `CreateDBInstance CreateDBInstanceReadReplica PromoteReadReplica ModifyDBInstance RebootDBInstance DeleteDBInstance ${rdsTags} ec2:DescribeSecurityGroups ${createServiceLinkedRole('rds.amazonaws.com')}`)
const scaling = 'ecs:DescribeServices ecs:UpdateService rds:DescribeDBClusters cloudwatch:DescribeAlarms cloudwatch:PutMetricAlarm cloudwatch:DeleteAlarms'

export const resourceActions: Record<string, Actions> = {
  'aws:acm/certificate:Certificate': life('acm', 'DescribeCertificate ListTagsForCertificate', 'RequestCertificate UpdateCertificateOptions DeleteCertificate AddTagsToCertificate RemoveTagsFromCertificate'),
  'aws:acm/certificateValidation:CertificateValidation': life('acm', 'DescribeCertificate'),
  'aws:apigatewayv2/api:Api': gateway(),
  'aws:apigatewayv2/apiMapping:ApiMapping': gateway(),
  'aws:apigatewayv2/domainName:DomainName': gateway('AddCertificateToDomain RemoveCertificateFromDomain'),
  'aws:apigatewayv2/integration:Integration': gateway(),
  'aws:apigatewayv2/route:Route': gateway(),
  'aws:apigatewayv2/stage:Stage': gateway('logs:CreateLogDelivery logs:GetLogDelivery logs:UpdateLogDelivery logs:DeleteLogDelivery logs:ListLogDeliveries logs:PutResourcePolicy logs:DescribeResourcePolicies logs:DescribeLogGroups'),
  'aws:apigatewayv2/vpcLink:VpcLink': gateway(`ec2:DescribeSubnets ec2:DescribeSecurityGroups ${createServiceLinkedRole('ops.apigateway.amazonaws.com')}`),
  'aws:appautoscaling/policy:Policy': life('application-autoscaling', 'DescribeScalingPolicies', `PutScalingPolicy DeleteScalingPolicy ${scaling}`),
  'aws:appautoscaling/target:Target': life('application-autoscaling', 'DescribeScalableTargets ListTagsForResource',
    `RegisterScalableTarget DeregisterScalableTarget ${tags} ${createServiceLinkedRole('ecs.application-autoscaling.amazonaws.com')} ${createServiceLinkedRole('rds.application-autoscaling.amazonaws.com')}`),
  'aws:budgets/budget:Budget': life('budgets', 'ViewBudget ListTagsForResource', `ModifyBudget ${tags}`),
  'aws:cloudfront/cachePolicy:CachePolicy': life('cloudfront', 'GetCachePolicy', 'CreateCachePolicy UpdateCachePolicy DeleteCachePolicy'),
  'aws:cloudfront/distribution:Distribution': life('cloudfront', 'GetDistribution ListTagsForResource', `CreateDistribution UpdateDistribution DeleteDistribution ${tags} wafv2:GetWebACL`),
  'aws:cloudfront/originRequestPolicy:OriginRequestPolicy': life('cloudfront', 'GetOriginRequestPolicy', 'CreateOriginRequestPolicy UpdateOriginRequestPolicy DeleteOriginRequestPolicy'),
  'aws:cloudwatch/dashboard:Dashboard': life('cloudwatch', 'GetDashboard', 'PutDashboard DeleteDashboards'),
  'aws:cloudwatch/eventRule:EventRule': life('events', 'DescribeRule ListTagsForResource', `PutRule DeleteRule ${tags}`),
  'aws:cloudwatch/eventTarget:EventTarget': life('events', 'ListTargetsByRule', 'PutTargets RemoveTargets'),
  'aws:cloudwatch/logDelivery:LogDelivery': life('logs', 'GetDelivery ListTagsForResource', `CreateDelivery UpdateDeliveryConfiguration DeleteDelivery ${tags}`),
  'aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination': life('logs', 'GetDeliveryDestination ListTagsForResource', `PutDeliveryDestination DeleteDeliveryDestination PutResourcePolicy DescribeResourcePolicies ${tags}`),
  'aws:cloudwatch/logDeliverySource:LogDeliverySource': life('logs', 'GetDeliverySource ListTagsForResource', `PutDeliverySource DeleteDeliverySource cloudfront:AllowVendedLogDeliveryForResource ${tags}`),
  'aws:cloudwatch/logGroup:LogGroup': life('logs', 'DescribeLogGroups ListTagsForResource', `CreateLogGroup PutRetentionPolicy DeleteRetentionPolicy DeleteLogGroup ${tags}`),
  'aws:cloudwatch/metricAlarm:MetricAlarm': life('cloudwatch', 'DescribeAlarms ListTagsForResource', `PutMetricAlarm DeleteAlarms ${tags}`),
  'aws:ec2/defaultSecurityGroup:DefaultSecurityGroup': life('ec2', 'DescribeSecurityGroups', `RevokeSecurityGroupIngress RevokeSecurityGroupEgress ${ec2Tags}`),
  'aws:ec2/eip:Eip': life('ec2', 'DescribeAddresses DescribeAddressesAttribute', `AllocateAddress DisassociateAddress ReleaseAddress ${ec2Tags}`),
  'aws:ec2/flowLog:FlowLog': life('ec2', 'DescribeFlowLogs', `CreateFlowLogs DeleteFlowLogs ${ec2Tags} logs:CreateLogDelivery logs:DeleteLogDelivery iam:PassRole vpc-flow-logs.amazonaws.com`),
  'aws:ec2/internetGateway:InternetGateway': life('ec2', 'DescribeInternetGateways', `CreateInternetGateway AttachInternetGateway DetachInternetGateway DeleteInternetGateway ${ec2Tags}`),
  'aws:ec2/natGateway:NatGateway': life('ec2', 'DescribeNatGateways', `CreateNatGateway DeleteNatGateway ${ec2Tags}`),
  'aws:ec2/route:Route': life('ec2', 'DescribeRouteTables', 'CreateRoute ReplaceRoute DeleteRoute'),
  'aws:ec2/routeTable:RouteTable': life('ec2', 'DescribeRouteTables', `CreateRouteTable DisassociateRouteTable DeleteRouteTable ${ec2Tags}`),
  'aws:ec2/routeTableAssociation:RouteTableAssociation': life('ec2', 'DescribeRouteTables', 'AssociateRouteTable ReplaceRouteTableAssociation DisassociateRouteTable'),
  'aws:ec2/securityGroup:SecurityGroup': life('ec2', 'DescribeSecurityGroups', `CreateSecurityGroup RevokeSecurityGroupEgress DeleteSecurityGroup DescribeNetworkInterfaces ${ec2Tags}`),
  'aws:ec2/subnet:Subnet': life('ec2', 'DescribeSubnets', `CreateSubnet ModifySubnetAttribute DeleteSubnet DescribeNetworkInterfaces ${ec2Tags}`),
  'aws:ec2/vpc:Vpc': life('ec2', 'DescribeVpcs DescribeVpcAttribute DescribeNetworkAcls DescribeRouteTables DescribeSecurityGroups', `CreateVpc ModifyVpcAttribute DeleteVpc ${ec2Tags}`),
  'aws:ec2/vpcEndpoint:VpcEndpoint': life('ec2', 'DescribeVpcEndpoints DescribePrefixLists', `CreateVpcEndpoint ModifyVpcEndpoint DeleteVpcEndpoints ${ec2Tags} route53:AssociateVPCWithHostedZone`),
  'aws:ecr/lifecyclePolicy:LifecyclePolicy': life('ecr', 'GetLifecyclePolicy', 'PutLifecyclePolicy DeleteLifecyclePolicy'),
  'aws:ecr/repository:Repository': life('ecr', 'DescribeRepositories ListTagsForResource', `CreateRepository PutImageTagMutability PutImageScanningConfiguration DeleteRepository ${tags}`),
  'aws:ecs/cluster:Cluster': life('ecs', 'DescribeClusters', `CreateCluster UpdateCluster DeleteCluster ${tags} ${createServiceLinkedRole('ecs.amazonaws.com')}`),
  'aws:ecs/clusterCapacityProviders:ClusterCapacityProviders': life('ecs', 'DescribeClusters', 'PutClusterCapacityProviders'),
  'aws:ecs/service:Service': life('ecs', 'DescribeServices', `CreateService UpdateService DeleteService ListServiceDeployments DescribeServiceDeployments DescribeServiceRevisions ${tags} iam:PassRole ecs.amazonaws.com`),
  'aws:ecs/taskDefinition:TaskDefinition': life('ecs', 'DescribeTaskDefinition', `RegisterTaskDefinition DeregisterTaskDefinition ${tags} iam:PassRole ecs-tasks.amazonaws.com`),
  'aws:iam/role:Role': role,
  'aws:iam/rolePolicy:RolePolicy': life('iam', 'GetRolePolicy', 'PutRolePolicy DeleteRolePolicy'),
  'aws:lambda/function:Function': life('lambda', 'GetFunction GetFunctionCodeSigningConfig ListVersionsByFunction',
    `CreateFunction UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction ${tags} s3:GetObject ec2:DescribeVpcs ec2:DescribeSubnets ec2:DescribeSecurityGroups iam:PassRole lambda.amazonaws.com`),
  'aws:lb/listener:Listener': life('elasticloadbalancing', 'DescribeListeners DescribeListenerAttributes DescribeTags', 'CreateListener ModifyListener ModifyListenerAttributes DeleteListener AddTags RemoveTags'),
  'aws:lb/listenerRule:ListenerRule': life('elasticloadbalancing', 'DescribeRules DescribeTags', 'CreateRule ModifyRule SetRulePriorities DeleteRule AddTags RemoveTags'),
  'aws:lb/loadBalancer:LoadBalancer': life('elasticloadbalancing', 'DescribeLoadBalancers DescribeLoadBalancerAttributes DescribeCapacityReservation DescribeTags',
    `CreateLoadBalancer ModifyLoadBalancerAttributes SetSecurityGroups SetSubnets SetIpAddressType DeleteLoadBalancer AddTags RemoveTags ec2:DescribeNetworkInterfaces ${createServiceLinkedRole('elasticloadbalancing.amazonaws.com')}`),
  'aws:lb/targetGroup:TargetGroup': life('elasticloadbalancing', 'DescribeTargetGroups DescribeTargetGroupAttributes DescribeTags', 'CreateTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes DeleteTargetGroup AddTags RemoveTags'),
  'aws:lb/targetGroupAttachment:TargetGroupAttachment': life('elasticloadbalancing', 'DescribeTargetHealth', 'RegisterTargets DeregisterTargets'),
  'aws:rds/cluster:Cluster': life('rds', 'DescribeDBClusters DescribeGlobalClusters ListTagsForResource', `CreateDBCluster ModifyDBCluster DeleteDBCluster CreateDBClusterSnapshot ${rdsTags} ${createServiceLinkedRole('rds.amazonaws.com')}`),
  'aws:rds/clusterInstance:ClusterInstance': instance,
  'aws:rds/clusterParameterGroup:ClusterParameterGroup': parameterGroup('DBCluster'),
  'aws:rds/instance:Instance': instance,
  'aws:rds/parameterGroup:ParameterGroup': parameterGroup('DB'),
  'aws:rds/subnetGroup:SubnetGroup': life('rds', 'DescribeDBSubnetGroups ListTagsForResource', `CreateDBSubnetGroup ModifyDBSubnetGroup DeleteDBSubnetGroup ${rdsTags}`),
  'aws:route53/record:Record': life('route53', 'GetHostedZone ListResourceRecordSets', 'ChangeResourceRecordSets GetChange'),
  'aws:s3/bucket:Bucket': life('s3', 'ListBucket GetBucketLocation GetBucketAcl GetBucketCORS GetBucketPolicy GetBucketTagging GetBucketVersioning GetBucketWebsite GetBucketLogging GetBucketRequestPayment ' +
    'GetBucketObjectLockConfiguration GetAccelerateConfiguration GetEncryptionConfiguration GetLifecycleConfiguration GetReplicationConfiguration ListTagsForResource',
  `CreateBucket DeleteBucket ListBucketVersions DeleteObject DeleteObjectVersion PutBucketTagging ${tags}`),
  'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration': life('s3', 'GetLifecycleConfiguration', 'PutLifecycleConfiguration'),
  'aws:s3/bucketObjectv2:BucketObjectv2': life('s3', 'GetObject GetObjectTagging', 'PutObject PutObjectTagging DeleteObject DeleteObjectVersion'),
  'aws:s3/bucketOwnershipControls:BucketOwnershipControls': life('s3', 'GetBucketOwnershipControls', 'PutBucketOwnershipControls'),
  'aws:s3/bucketPolicy:BucketPolicy': life('s3', 'GetBucketPolicy', 'PutBucketPolicy DeleteBucketPolicy'),
  'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock': life('s3', 'GetBucketPublicAccessBlock', 'PutBucketPublicAccessBlock'),
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration': life('s3', 'GetEncryptionConfiguration', 'PutEncryptionConfiguration'),
  'aws:s3/bucketVersioning:BucketVersioning': life('s3', 'GetBucketVersioning', 'PutBucketVersioning'),
  'aws:scheduler/schedule:Schedule': life('scheduler', 'GetSchedule', 'CreateSchedule UpdateSchedule DeleteSchedule iam:PassRole scheduler.amazonaws.com'),
  'aws:secretsmanager/secret:Secret': life('secretsmanager', 'DescribeSecret GetResourcePolicy', `CreateSecret UpdateSecret DeleteSecret ${tags}`),
  'aws:secretsmanager/secretVersion:SecretVersion': life('secretsmanager', 'GetSecretValue DescribeSecret', 'PutSecretValue UpdateSecretVersionStage'),
  'aws:sns/topic:Topic': life('sns', 'GetTopicAttributes ListTagsForResource', `CreateTopic SetTopicAttributes DeleteTopic ${tags}`),
  'aws:sns/topicPolicy:TopicPolicy': life('sns', 'GetTopicAttributes', 'SetTopicAttributes'),
  'aws:sns/topicSubscription:TopicSubscription': life('sns', 'GetSubscriptionAttributes', 'Subscribe SetSubscriptionAttributes Unsubscribe'),
  'aws:sqs/queue:Queue': life('sqs', 'GetQueueAttributes GetQueueUrl ListQueueTags', 'CreateQueue SetQueueAttributes DeleteQueue TagQueue UntagQueue'),
  'aws:sqs/queuePolicy:QueuePolicy': queueAttributes,
  'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy': queueAttributes,
  'aws:sqs/redrivePolicy:RedrivePolicy': queueAttributes,
  'aws:ssm/parameter:Parameter': life('ssm', 'GetParameter DescribeParameters ListTagsForResource', 'PutParameter DeleteParameter AddTagsToResource RemoveTagsFromResource'),
  'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule': life('ec2', 'DescribeSecurityGroupRules', `AuthorizeSecurityGroupEgress ModifySecurityGroupRules RevokeSecurityGroupEgress ${ec2Tags}`),
  'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule': life('ec2', 'DescribeSecurityGroupRules', `AuthorizeSecurityGroupIngress ModifySecurityGroupRules RevokeSecurityGroupIngress ${ec2Tags}`),
  'aws:wafv2/ipSet:IpSet': life('wafv2', 'GetIPSet ListTagsForResource', `CreateIPSet UpdateIPSet DeleteIPSet ${tags}`),
  'aws:wafv2/webAcl:WebAcl': life('wafv2', 'GetWebACL ListTagsForResource', `CreateWebACL UpdateWebACL DeleteWebACL ${tags}`),
  'aws:wafv2/webAclAssociation:WebAclAssociation': life('wafv2', 'GetWebACLForResource', 'AssociateWebACL DisassociateWebACL elasticloadbalancing:SetWebACL'),
  'docker:index/image:Image': life('ecr', '', 'GetAuthorizationToken BatchCheckLayerAvailability BatchGetImage GetDownloadUrlForLayer InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImage'),
}

/** Functions of the provider that the program calls, also in a preview. */
export const functionActions: Record<string, Actions> = {
  'aws:ecr/getAuthorizationToken:getAuthorizationToken': life('ecr', 'GetAuthorizationToken'),
}

/** Actions beside the resources: the migration during `up`, and the steps of the workflows. By the folder or file that calls. */
export const otherActions: Record<string, Actions> = {
  'infra/run-task.ts': life('ecs', '', 'RunTask DescribeTasks logs:GetLogEvents iam:PassRole ecs-tasks.amazonaws.com'),
  'infra/commands/running.ts': life('ecs', '', 'ListTasks DescribeTasks'),
  '.github/actions/deploy': life('ecr', '', 'GetAuthorizationToken BatchCheckLayerAvailability BatchGetImage GetDownloadUrlForLayer InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImage'),
  '.github/workflows/ci.yml': life('secretsmanager', '', 'GetSecretValue'),
}
