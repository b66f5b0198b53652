import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses'
import { join } from 'node:path'

/**
 * What the packed program can no longer be talked into: running as Node, taking options or a debugger from its
 * environment, loading anything but its own checked archive, giving file:// pages more than others have.
 */
export const FUSES = {
  version: FuseVersion.V1,
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
}

/**
 * Where the packager left the program.
 * @param {{ appOutDir: string, electronPlatformName: string, packager: { appInfo: { productFilename: string }, executableName?: string } }} packed
 */
export function programIn({ appOutDir, electronPlatformName, packager }) {
  const { productFilename } = packager.appInfo
  if (electronPlatformName === 'darwin') return join(appOutDir, `${productFilename}.app`)
  if (electronPlatformName === 'win32') return join(appOutDir, `${productFilename}.exe`)
  return join(appOutDir, packager.executableName ?? productFilename)
}

/**
 * electron-builder's hook after packing, before signing.
 * @param {Parameters<typeof programIn>[0]} packed
 */
export default async function setFuses(packed) {
  // Newer Electrons have fuses that this version of the tool does not know; those keep Electron's defaults.
  const resetAdHocDarwinSignature = packed.electronPlatformName === 'darwin'
  await flipFuses(programIn(packed), { ...FUSES, resetAdHocDarwinSignature })
}
