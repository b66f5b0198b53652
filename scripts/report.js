/**
 * What set-up says, on standard error: one line a step with its time, and the progress of downloads.
 * On a terminal a step's line is rewritten; elsewhere lines are only added, and progress comes every 10 seconds.
 */
const PLAIN_EVERY_MS = 10_000

/** @param {NodeJS.WriteStream} stream */
export function createReport(stream = process.stderr) {
  const rewrites = stream.isTTY === true
  let step = ''
  let lastProgress = 0

  /** @param {string} text */
  const rewrite = (text) => stream.write(`\r\u001b[2K${text}`)

  return {
    /** @param {string} text */
    line(text) {
      stream.write(`${text}\n`)
    },
    /** @param {string} title */
    begin(title) {
      step = title
      lastProgress = Date.now()
      if (rewrites) rewrite(`  ${step} …`)
      else stream.write(`  ${step} …\n`)
    },
    /**
     * @param {string} what is being fetched
     * @param {number} done in megabytes
     * @param {number | undefined} total
     */
    progress(what, done, total) {
      const amount = total === undefined ? `${done.toFixed(0)} MB` : `${done.toFixed(0)} of ${total} MB`
      if (rewrites) return rewrite(`  ${step} … ${what} ${amount}`)
      if (Date.now() - lastProgress < PLAIN_EVERY_MS) return
      lastProgress = Date.now()
      stream.write(`    ${what}: ${amount}\n`)
    },
    /** @param {number} milliseconds */
    end(milliseconds) {
      const text = `✓ ${step} (${(milliseconds / 1000).toFixed(1)} s)`
      if (rewrites) rewrite(`${text}\n`)
      else stream.write(`${text}\n`)
    },
    /** @param {string} text */
    warn(text) {
      stream.write(`! ${text}\n`)
    },
    fail() {
      if (rewrites) stream.write('\n')
    },
  }
}

/** @typedef {ReturnType<typeof createReport>} Report */
