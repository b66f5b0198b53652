import { createRouter, createWebHashHistory } from 'vue-router'
import { sayUnreachable } from './live'

/**
 * The places of the workbench, in the sidebar's order. A hash history works under the desktop's app:// address and over
 * HTTP alike; what a view shows is in its query, so that it can be bookmarked.
 */
export const places = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', redirect: '/runs' },
    { path: '/design', name: 'design', component: () => import('./views/DesignView.vue') },
    { path: '/runs', name: 'runs', component: () => import('./views/RunsView.vue') },
    { path: '/compare', name: 'compare', component: () => import('./views/CompareView.vue') },
    { path: '/:unknown(.*)', redirect: '/runs' },
  ],
})

places.onError(sayUnreachable)
