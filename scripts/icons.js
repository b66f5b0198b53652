import { createCanvas, loadImage } from '@napi-rs/canvas'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './places.js'

/**
 * The program's icons from resources/icon.svg: a PNG of every size that Linux asks for; macOS's and Windows's formats are
 * made of the largest by the packager. `npm run icons`.
 */

export const ICON_SIZES = [16, 24, 32, 48, 64, 128, 256, 512, 1024]

/** @param {string} folder */
export async function makeIcons(folder = join(root, 'out/icons')) {
  mkdirSync(folder, { recursive: true })
  const drawing = readFileSync(join(root, 'resources/icon.svg'), 'utf8')
  for (const size of ICON_SIZES) {
    // Drawn at its size, so that a small icon is no blurred large one.
    const sized = drawing.replace('<svg ', `<svg width="${size}" height="${size}" `)
    const canvas = createCanvas(size, size)
    canvas.getContext('2d').drawImage(await loadImage(Buffer.from(sized)), 0, 0, size, size)
    writeFileSync(join(folder, `${size}x${size}.png`), await canvas.encode('png'))
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  await makeIcons()
