import '@fontsource/inter/latin-400.css'
import '@fontsource/inter/latin-500.css'
import '@fontsource/inter/latin-600.css'
import './style.css'
import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'
import { mayPass } from './api'
import App from './App.vue'
import { followEvents } from './live'
import { fetchAhead, places } from './places'

/** What the workbench says changed is fetched again at once (live.ts), so nothing is polled. */
const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Infinity,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 1 && mayPass(error),
      retryDelay: 500,
    },
  },
})

followEvents(queryClient)
createApp(App).use(VueQueryPlugin, { queryClient }).use(places).mount('#app')
void places.isReady().then(fetchAhead)
