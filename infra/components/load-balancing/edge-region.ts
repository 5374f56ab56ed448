/** CloudFront takes certificates, firewalls and log destinations from this region alone. */
export const edgeRegion = 'us-east-1'
