/** Returns the environment of a child: a few of the user's variables, and `own`. */
export function childEnvironment (own: Record<string, string> = {}): NodeJS.ProcessEnv {
  const inherited = ['PATH', 'HOME', 'USER', 'TMPDIR', 'NODE_COMPILE_CACHE'].flatMap(name => process.env[name] ? [[name, process.env[name]]] : [])
  return { ...Object.fromEntries(inherited), ...own }
}
