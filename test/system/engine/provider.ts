import { createRequire } from 'node:module'
import { isDeepStrictEqual } from 'node:util'
import { Cloud } from './cloud.ts'

/**
 * `node provider.ts NAME FOLDER`: a resource provider for the real engine, in place of pulumi-resource-NAME. Each resource is a file in FOLDER. It
 * accepts any inputs: it does not check what AWS would accept.
 */
const [name = '', folder = ''] = process.argv.slice(2)
const ofPulumi = createRequire(createRequire(import.meta.url).resolve('@pulumi/pulumi'))
const grpc = ofPulumi('@grpc/grpc-js')
const messages = ofPulumi('@pulumi/pulumi/proto/provider_pb')
const { PluginInfo } = ofPulumi('@pulumi/pulumi/proto/plugin_pb')
const { ResourceProviderService } = ofPulumi('@pulumi/pulumi/proto/provider_grpc_pb')
const { Struct } = ofPulumi('google-protobuf/google/protobuf/struct_pb')
const { Empty } = ofPulumi('google-protobuf/google/protobuf/empty_pb')

const { pulumi: { version } } = createRequire(import.meta.url)(`@pulumi/${name}/package.json`) as { pulumi: { version: string } }
const cloud = new Cloud(folder)
const plain = (struct: any): Record<string, any> => struct?.toJavaScript() ?? {}
const typeOf = (urn: string): string => urn.split('::')[2]!.split('$').at(-1)!
const nameOf = (urn: string): string => urn.split('::')[3]!

const handlers: Record<string, (request: any) => unknown> = {
  getPluginInfo: () => new PluginInfo().setVersion(version),
  checkConfig: request => new messages.CheckResponse().setInputs(request.getNews()),
  diffConfig: () => new messages.DiffResponse().setChanges(messages.DiffResponse.DiffChanges.DIFF_NONE),
  configure: () => new messages.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true).setAcceptresources(true),
  invoke: request => new messages.InvokeResponse().setReturn(Struct.fromJavaScript({ ...plain(request.getArgs()), userName: 'AWS', password: 'token', accountId: '111111111111' })),
  check: request => new messages.CheckResponse().setInputs(request.getNews()),
  diff (request) {
    const [before, after] = [plain(request.getOldInputs()), plain(request.getNews())]
    const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(key => !isDeepStrictEqual(before[key], after[key]))
    const changes = messages.DiffResponse.DiffChanges[changed.length > 0 ? 'DIFF_SOME' : 'DIFF_NONE']
    // A task definition has revisions: it is replaced, never updated.
    const replaces = typeOf(request.getUrn()) === 'aws:ecs/taskDefinition:TaskDefinition' ? changed : []
    return new messages.DiffResponse().setChanges(changes).setDiffsList(changed).setReplacesList(replaces)
  },
  create (request) {
    const inputs = plain(request.getProperties())
    if (request.getPreview()) return new messages.CreateResponse().setProperties(Struct.fromJavaScript(inputs))
    const { id, state } = cloud.create(typeOf(request.getUrn()), nameOf(request.getUrn()), inputs)
    return new messages.CreateResponse().setId(id).setProperties(Struct.fromJavaScript(state))
  },
  read (request) {
    const found = cloud.read(typeOf(request.getUrn()), request.getId())
    if (!found) return new messages.ReadResponse()
    const [state, inputs] = [Struct.fromJavaScript(found.state), Struct.fromJavaScript(found.inputs)]
    return new messages.ReadResponse().setId(request.getId()).setProperties(state).setInputs(inputs)
  },
  update (request) {
    const inputs = plain(request.getNews())
    if (request.getPreview()) return new messages.UpdateResponse().setProperties(Struct.fromJavaScript({ ...plain(request.getOlds()), ...inputs }))
    return new messages.UpdateResponse().setProperties(Struct.fromJavaScript(cloud.update(typeOf(request.getUrn()), request.getId(), inputs)))
  },
  delete (request) {
    cloud.delete(typeOf(request.getUrn()), request.getId())
    return new Empty()
  },
  cancel: () => new Empty(),
}

const server = new grpc.Server({ 'grpc.max_receive_message_length': 400 << 20 })
const serve = (handle: (request: any) => unknown) => (call: any, done: (error: unknown, response?: unknown) => void) => {
  try {
    done(null, handle(call.request))
  } catch (error) {
    done({ code: grpc.status.UNKNOWN, message: (error as Error).message })
  }
}
server.addService(ResourceProviderService, Object.fromEntries(Object.entries(handlers).map(([method, handle]) => [method, serve(handle)])))
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error: Error | null, port: number) => {
  if (error) throw error
  console.log(port) // the engine reads the port
})
