import { request } from 'node:http'

/** The health check of a container: asks this process's own PORT for a path, `/live` unless another is given; exit code 0 on 200. */
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
