import { createRouter, createWebHashHistory } from 'vue-router'
import { sayUnreachable } from './live'

/**
 * The places of the workbench; sidebar-places.ts has those of the sidebar, in its order. A hash history works under the
 * desktop's app:// address and over HTTP alike; what a view shows is in its query, so that it can be bookmarked.
 */
export const places = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', redirect: '/studies' },
    { path: '/studies', name: 'studies', component: () => import('./views/StudiesView.vue') },
    { path: '/design', name: 'design', component: () => import('./views/DesignView.vue') },
    { path: '/queue', name: 'queue', component: () => import('./views/QueueView.vue') },
    { path: '/runs', name: 'runs', component: () => import('./views/RunsView.vue') },
    { path: '/runs/:id', name: 'run', component: () => import('./views/RunView.vue'), props: true },
    { path: '/compare', name: 'compare', component: () => import('./views/CompareView.vue') },
    { path: '/reports', name: 'reports', component: () => import('./views/ReportsView.vue') },
    { path: '/library', name: 'library', component: () => import('./views/LibraryView.vue') },
    { path: '/settings', name: 'settings', component: () => import('./views/SettingsView.vue') },
    { path: '/:unknown(.*)', redirect: '/studies' },
  ],
})

places.onError(sayUnreachable)

/** Between two places that are fetched ahead, so that whatever the user does comes first. */
const PAUSE_MS = 400

/** Fetches the places' code while nobody waits for it, one after the other: a first visit then waits for its data alone. */
export function fetchAhead(): void {
  const waiting = places.getRoutes().flatMap(({ components }) => {
    const component = components?.['default']
    return typeof component === 'function' ? [component as () => Promise<unknown>] : []
  })
  const later = (): number => window.setTimeout(next, PAUSE_MS)
  // Whoever goes there himself is told what went wrong (sayUnreachable).
  const next = (): void => void waiting.shift()?.().then(later, later)
  later()
}
