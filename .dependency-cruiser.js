// Which file may import which. `npm run check` reads it. A rule that fails names both files.
/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'A file that imports itself through others cannot be read alone. Types count: move the type to a file of its own.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'lib-imports-only-lib',
      comment: 'lib/ is what processes share. It knows none of them, and no tool of development.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(services|infra|observability|dev)/' },
    },
    {
      name: 'no-process-imports-another',
      comment: 'Each process is deployed by itself. What two of them need belongs in lib/.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/[^/]+/', pathNot: '^services/$1/' },
    },
    {
      name: 'services-import-only-lib',
      comment: 'The image has lib/, services/ and sql/ alone.',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: '^(infra|observability|dev)/' },
    },
    {
      name: 'no-product-imports-tests',
      comment: 'Tests and benchmarks import the product, never the other way.',
      severity: 'error',
      from: { pathNot: '^(test|bench)/' },
      to: { path: '^(test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
}
