/** Hands bytes of the workbench to the user as a file of this name. */
export function saveFile(name: string, base64: string): void {
  saveBlob(name, new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))]))
}

/** The same for a text. */
export function saveText(name: string, text: string): void {
  saveBlob(name, new Blob([text]))
}

function saveBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
