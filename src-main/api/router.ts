import { annotations } from './annotations'
import { compare } from './compare'
import { design } from './design'
import { events } from './events'
import { folders } from './folders'
import { forecast } from './forecast'
import { history } from './history'
import { imports } from './imports'
import { library } from './library'
import { callerOf, router } from './procedure'
import { queue } from './queue'
import { reports } from './reports'
import { remedies } from './remedies'
import { run } from './run'
import { runs } from './runs'
import { settings } from './settings'
import { studies } from './studies'
import { weights } from './weights'

/** All that a window, a browser or a command-line client may ask; one file per noun. */
export const appRouter = router({
  studies,
  queue,
  run,
  runs,
  weights,
  compare,
  remedies,
  history,
  annotations,
  reports,
  library,
  folders,
  imports,
  settings,
  forecast,
  design,
  events,
})
export type AppRouter = typeof appRouter

/** The router's procedures as plain functions, for callers in this process. */
export const createCaller = callerOf(appRouter)
