type MockedResource = { type: string, name: string, inputs: Record<string, any> }

/** Returns what AWS would add to a resource of the program. */
export function mockState ({ type, name, inputs }: MockedResource): { id: string, state: Record<string, any> } {
  const kind = type.split('/').at(-1)!.split(':').at(-1)!
  const arn = `arn:aws:${type.split(':')[1]?.split('/')[0]}:eu-west-1:111111111111:${kind}/${name}`
  return {
    id: type === 'aws:secretsmanager/secret:Secret' ? arn : `${name}-id`,
    state: {
      arn,
      arnSuffix: `${kind}/${name}`,
      name,
      url: `https://sqs.eu-west-1.amazonaws.com/111111111111/${name}.fifo`,
      bucket: name,
      address: `${name}.abc.eu-west-1.rds.amazonaws.com`,
      endpoint: `${name}.cluster-abc.eu-west-1.rds.amazonaws.com`,
      readerEndpoint: `${name}.cluster-ro-abc.eu-west-1.rds.amazonaws.com`,
      resourceId: `db-${name.toUpperCase()}`,
      clusterResourceId: `cluster-${name.toUpperCase()}`,
      repositoryUrl: `111111111111.dkr.ecr.eu-west-1.amazonaws.com/${name}`,
      registryId: '111111111111',
      repoDigest: `111111111111.dkr.ecr.eu-west-1.amazonaws.com/${name}@sha256:${'a'.repeat(64)}`,
      dnsName: `${name}.elb.amazonaws.com`,
      zoneId: 'Z1',
      apiEndpoint: `https://${name}.execute-api.eu-west-1.amazonaws.com`,
      domainValidationOptions: ['a', 'b'].map(part => ({ resourceRecordName: part, resourceRecordType: 'CNAME', resourceRecordValue: `${part}.acm` })),
      prefixListId: 'pl-1',
      fqdn: name,
      domainName: `${name}.cloudfront.net`,
      hostedZoneId: 'Z3',
      ...inputs,
      ...(type === 'aws:apigatewayv2/domainName:DomainName'
        ? { domainNameConfiguration: { ...inputs.domainNameConfiguration, targetDomainName: 'target.example', hostedZoneId: 'Z2' } }
        : {}),
    },
  }
}
