import { startEmulator } from './emulator.ts'
import { createResources } from './resources.ts'

/**
 * The emulator as a process, with PORT, HOST (127.0.0.1) and DATA_DIR (without it nothing persists). The emulator is ready when a HEAD of
 * the bucket answers 200, because the bucket is created last.
 */
const { port, stop } = await startEmulator({
  port: Number(process.env.PORT ?? 4566), host: process.env.HOST || '127.0.0.1', ...(process.env.DATA_DIR ? { dataDir: process.env.DATA_DIR } : {}),
})
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop().finally(() => process.exit()))
await createResources(`http://127.0.0.1:${port}`)
