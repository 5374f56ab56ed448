const MIB = 2 ** 20

/** Returns a number of bytes as text, in MiB from one MiB on. */
export function byteSize (bytes: number): string {
  return bytes < MIB ? `${bytes} bytes` : `${Math.floor(bytes / MIB * 10) / 10} MiB`
}
