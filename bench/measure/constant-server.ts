import { pino } from 'pino'
import { buildServer } from '../../lib/http/server.ts'

/** Serves one constant response, with the services' HTTP settings and log: the upper limit of Fastify. */
const app = buildServer({ log: pino() })
const body = process.argv[2]!
app.get('/rates', async (_request, reply) => reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send(body))
await app.listen({ host: '127.0.0.1', port: 0 })
