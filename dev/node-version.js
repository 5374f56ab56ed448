// JavaScript, so that a Node without type stripping can print this message.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`npm start needs Node 22.19 or newer and runs on ${process.version}: on Linux \`npm ci && npm start\` installs it; on other systems install a newer version.`)
  process.exit(1)
}
