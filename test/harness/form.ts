export type FormPart = { name?: string, file?: string, headers?: Record<string, string>, content: string | Buffer }

export const boundary = '------------------------d74496d66958873e'
export const formType = { 'content-type': `multipart/form-data; boundary=${boundary}` }

/** Returns the body of a form as curl writes it. A part with `file` has this name of a file. */
export function form (...parts: FormPart[]): Buffer {
  return Buffer.concat([...parts.flatMap(({ name = 'file', file, headers = {}, content }) => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file === undefined ? '' : `; filename="${file.replaceAll('"', '%22')}"`}\r\n` +
      Object.entries(headers).map(([header, value]) => `${header}: ${value}\r\n`).join('') + '\r\n'),
    Buffer.from(content as string), Buffer.from('\r\n'),
  ]), Buffer.from(`--${boundary}--\r\n`)])
}
