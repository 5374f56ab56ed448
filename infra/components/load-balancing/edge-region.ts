/** The only region from which CloudFront accepts certificates, firewalls and log destinations. */
export const edgeRegion = 'us-east-1'
