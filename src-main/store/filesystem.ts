import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'

/** Linux's `statfs` types (linux/magic.h, and the file systems' own headers) of those that other machines may share. */
const NETWORK_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0xaad7aaea, 'PanFS'],
  [0x7461636f, 'OCFS2'],
  [0x01161970, 'GFS2'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9P'],
])

/** The name of the network file system that holds the path, or null where it is local, in memory or not known. */
export function networkFileSystem(
  path: string,
  typeOf: (folder: string) => number = statfsType,
): string | null {
  // Other systems number their file systems differently.
  if (process.platform !== 'linux') return null
  return NETWORK_TYPES.get(typeOf(dirname(path)) >>> 0) ?? null
}

function statfsType(folder: string): number {
  return statfsSync(folder).type
}
