// Pulumi's runner compiles `.ts` files of a policy pack with ts-node, which refuses imports that end in `.ts` (TS5097).
// The runner leaves this file to Node, which reads the TypeScript itself.
import './index.ts'
