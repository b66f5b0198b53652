import { useMessage } from 'naive-ui'
import { watch } from 'vue'
import { api, faultOf } from '../../api'
import { importRequest, openImport } from '../../import-dialog'
import { useLocationList } from '../../location'

/**
 * Files that were opened with the desktop program, by their tickets in the URL, one after the other: a study goes to
 * `design`, anything else to the import dialog, and its ticket leaves the URL when the dialog is shut.
 */
export function useOpenedFiles(
  design: (text: string, name: string, query: Record<string, string>) => Promise<void>,
): void {
  const tickets = useLocationList('opened')
  const message = useMessage()
  /** The ticket whose file is being shown. */
  let shown: string | null = null

  watch(
    [tickets, importRequest],
    ([[ticket], request]) => {
      if (request !== null || ticket === undefined) return
      // The dialog has been shut.
      if (shown === ticket) return next(ticket)
      shown = ticket
      void show(ticket)
    },
    { immediate: true },
  )

  async function show(ticket: string): Promise<void> {
    try {
      const file = await api.imports.opened.query({ ticket })
      if (file.kind === 'runs') return openImport({ path: file.path })
      // Going there takes the ticket out of the URL.
      const rest = others(ticket)
      await design(file.text, file.name, rest.length > 0 ? { opened: rest.join(',') } : {})
    } catch (error) {
      message.error(faultOf(error).what)
      next(ticket)
    }
  }

  function next(ticket: string): void {
    shown = null
    tickets.value = others(ticket)
  }

  function others(ticket: string): string[] {
    return tickets.value.filter((other) => other !== ticket)
  }
}
