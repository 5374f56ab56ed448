import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { release } from '../process/release.ts'

export type DocsOptions = { title: string, description: string, /** Whether any route requires an API key. */ keys: boolean }

/**
 * Registers `GET /openapi.json`, generated from the schemas of the routes, and `GET /docs`, a page that shows it. This process serves
 * everything that the page needs. Must be called before the routes are registered.
 */
export async function registerDocs (app: FastifyInstance, { title, description, keys }: DocsOptions): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, description, version: release },
      ...(keys ? { components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'an API key' } } } } : {}),
    },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { validatorUrl: null, docExpansion: 'list', tryItOutEnabled: true },
    theme: { title },
    staticCSP: true,
    // The package's own policy allows other hosts, and tells browsers to upgrade http to https. A local process has no https.
    transformStaticCSP: () => "default-src 'self'; img-src 'self' data:; base-uri 'self'; frame-ancestors 'self'; object-src 'none'; script-src-attr 'none'",
    logLevel: 'warn',
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
