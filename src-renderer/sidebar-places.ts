import {
  BookOpenText,
  ChartSpline,
  Layers,
  Library,
  ListOrdered,
  PencilRuler,
  Rows3,
  Settings,
} from '@lucide/vue'
import type { Component } from 'vue'

interface Place {
  /** Its route's name, and its path. */
  readonly name: string
  readonly label: string
  readonly icon: Component
  /** Further words that find it in the palette. */
  readonly words: string
}

/** The places of the workbench, in the sidebar's order. */
export const PLACES: readonly Place[] = [
  { name: 'studies', label: 'Studies', icon: Layers, words: 'cards archive delete duplicate' },
  { name: 'design', label: 'Design', icon: PencilRuler, words: 'new study file YAML plan' },
  { name: 'queue', label: 'Queue', icon: ListOrdered, words: 'training now next devices' },
  { name: 'runs', label: 'Runs', icon: Rows3, words: 'history table curves' },
  { name: 'compare', label: 'Compare', icon: ChartSpline, words: 'learning rate ranking verdict audit test' },
  { name: 'reports', label: 'Reports', icon: BookOpenText, words: 'export LaTeX PDF tables figures' },
  { name: 'library', label: 'Library', icon: Library, words: 'models data sets' },
  { name: 'settings', label: 'Settings', icon: Settings, words: 'engine devices theme backups keys doctor' },
]
