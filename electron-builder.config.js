import { buildSqliteForElectron } from './scripts/electron-addon.js'
import setFuses from './scripts/fuses.js'
import { makeIcons } from './scripts/icons.js'
import { checkBinding } from './scripts/native.js'

/**
 * The desktop program as something to install: `npm run package` on the system that it is for. TensorFlow is not in it;
 * the program brings it when it is asked to (Settings, engine).
 *
 * @type {import('electron-builder').Configuration}
 */
export default {
  appId: 'org.fairsweep.workbench',
  productName: 'Fairsweep',
  directories: { output: 'dist', buildResources: 'out/icons' },
  files: [
    'out/**',
    '!out/icons/**',
    'resources/**',
    'scripts/**',
    'package.json',
    // TensorFlow itself: larger than everything else together. Its small binding comes along, where there is one.
    '!node_modules/@tensorflow/tfjs-node-gpu/{deps,binding}/**',
    '!**/*.map',
  ],
  asar: true,
  // Native code is loaded from files of its own, and reads such; Node beside Electron runs set-up's scripts.
  asarUnpack: [
    'node_modules/better-sqlite3/**',
    'node_modules/@tensorflow/**',
    'node_modules/@napi-rs/**',
    'resources/**',
    'scripts/**',
    'package.json',
  ],
  npmRebuild: false,
  beforePack: async () => {
    checkBinding()
    await makeIcons()
    await buildSqliteForElectron()
  },
  afterPack: setFuses,
  // On Linux the type is what a desktop goes by.
  fileAssociations: [
    { ext: 'fairsweep', name: 'Fairsweep study', mimeType: 'application/x-fairsweep', role: 'Viewer' },
  ],
  linux: {
    target: ['AppImage', 'deb', 'tar.gz'],
    icon: 'out/icons',
    category: 'Science',
    executableName: 'fairsweep',
    // Offered for study files, beside the user's editor.
    mimeTypes: ['application/yaml'],
  },
  mac: {
    target: ['dmg', 'zip'],
    icon: 'out/icons/1024x1024.png',
    category: 'public.app-category.education',
    fileAssociations: [{ ext: ['yaml', 'yml'], name: 'Study file', role: 'Editor', rank: 'Alternate' }],
  },
  win: { target: ['nsis'], icon: 'out/icons/1024x1024.png' },
  publish: null,
}
