import { extname, join, normalize, sep } from 'node:path'

/**
 * What is said about the page to every browser, over both doors. Nothing is loaded from anywhere else and no text
 * becomes code; styles are the exception, for the interface kit writes them at run time.
 */
export const PAGE_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
} as const

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
}

/** The file that an address of the page stands for, and its type; null for anything that is not one of its files. */
export function pageFile(folder: string, address: string): { file: string; type: string } | null {
  let path: string
  try {
    path = decodeURIComponent(new URL(address).pathname)
  } catch {
    return null
  }
  const file = normalize(join(folder, path === '/' ? 'index.html' : path))
  const type = TYPES[extname(file)]
  const isInside = file.startsWith(normalize(folder) + sep)
  return type === undefined || !isInside || path.includes('\0') ? null : { file, type }
}
