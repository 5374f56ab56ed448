// JavaScript, so that a Node too old to read TypeScript gets as far as this sentence.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`This needs Node 22.19 or newer and runs on ${process.version}: on Linux \`npm ci && npm start\` brings its own; on other systems install a newer one.`)
  process.exit(1)
}
