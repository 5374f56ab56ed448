import { request } from 'node:http'

/** Health check of a container: requests a path of this process's own PORT, `/live` by default. Exits with 0 on status 200. */
const path = process.argv[2] ?? '/live'
const healthRequest = request({ host: '127.0.0.1', port: process.env.PORT || 8080, path, timeout: 4_000 }, response => {
  response.setEncoding('utf8').on('data', text => process.stdout.write(text)).on('end', () => process.exit(response.statusCode === 200 ? 0 : 1))
})
healthRequest.on('timeout', () => healthRequest.destroy(new Error('no response within 4 s')))
healthRequest.on('error', error => {
  console.error(error.message)
  process.exit(1)
})
healthRequest.end()
