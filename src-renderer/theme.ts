import { darkTheme } from 'naive-ui'
import type { GlobalTheme, GlobalThemeOverrides } from 'naive-ui'
import { computed, ref, watchEffect } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { DARK_INK, LIGHT_INK } from './charts/ink'
import type { ChartInk } from './charts/ink'

/** What the user asked for; `system` follows the desktop. */
export type ThemeChoice = 'system' | 'light' | 'dark'
export type Shade = 'light' | 'dark'

const CHOICES: readonly ThemeChoice[] = ['system', 'light', 'dark']
const KEPT_AS = 'fairsweep.theme'

const system = window.matchMedia('(prefers-color-scheme: dark)')
const systemShade = ref<Shade>(system.matches ? 'dark' : 'light')
system.addEventListener('change', ({ matches }) => (systemShade.value = matches ? 'dark' : 'light'))

export const choice: Ref<ThemeChoice> = ref(readChoice())
export const shade: ComputedRef<Shade> = computed(() =>
  choice.value === 'system' ? systemShade.value : choice.value,
)

watchEffect(() => {
  localStorage.setItem(KEPT_AS, choice.value)
  document.documentElement.dataset['theme'] = shade.value
})

/** system → light → dark → system. */
export function nextTheme(): void {
  choice.value = CHOICES[(CHOICES.indexOf(choice.value) + 1) % CHOICES.length] ?? 'system'
}

function readChoice(): ThemeChoice {
  const kept = localStorage.getItem(KEPT_AS)
  return CHOICES.find((known) => known === kept) ?? 'system'
}

/** What charts are drawn with now. */
export const ink: ComputedRef<ChartInk> = computed(() => (shade.value === 'dark' ? DARK_INK : LIGHT_INK))

export const kitTheme: ComputedRef<GlobalTheme | null> = computed(() =>
  shade.value === 'dark' ? darkTheme : null,
)

/** The interface kit computes shades from its colours, so it needs values where style.css has names. */
const PALETTES = {
  light: {
    primary: ['#0b7268', '#0d8478', '#095c54'],
    soft: '#e2f1ee',
    text: ['#17212b', '#4a5763', '#65727e'],
    surface: '#ffffff',
    raised: '#ffffff',
    line: '#e1e5e8',
    field: '#ffffff',
    fieldLine: '#c9d0d5',
    error: '#b3261e',
  },
  dark: {
    primary: ['#4cc4b2', '#6ad3c3', '#38a898'],
    soft: '#14302e',
    text: ['#e6ebee', '#b3bec6', '#8e9ba4'],
    surface: '#161c20',
    raised: '#1c2328',
    line: '#262f35',
    field: '#11171a',
    fieldLine: '#3a464e',
    error: '#f28b82',
  },
} as const

export const kitOverrides: ComputedRef<GlobalThemeOverrides> = computed(() => overridesOf(shade.value))

/** The interface kit's colours in light or dark; what stands on paper is light whatever is around it. */
export function overridesOf(ground: Shade): GlobalThemeOverrides {
  const { primary, soft, text, surface, raised, line, field, fieldLine, error } = PALETTES[ground]
  return {
    common: {
      fontFamily: 'var(--sans)',
      fontFamilyMono: 'var(--mono)',
      fontSize: '13px',
      fontSizeMedium: '13px',
      fontSizeSmall: '13px',
      heightMedium: '32px',
      heightSmall: '28px',
      borderRadius: '6px',
      primaryColor: primary[0],
      primaryColorHover: primary[1],
      primaryColorPressed: primary[2],
      primaryColorSuppl: primary[1],
      errorColor: error,
      textColorBase: text[0],
      textColor1: text[0],
      textColor2: text[0],
      textColor3: text[2],
      placeholderColor: text[2],
      bodyColor: surface,
      cardColor: surface,
      modalColor: raised,
      popoverColor: raised,
      inputColor: field,
      borderColor: fieldLine,
      dividerColor: line,
    },
    Input: { border: `1px solid ${fieldLine}` },
    InternalSelection: { peers: {}, border: `1px solid ${fieldLine}` },
    Button: { textColorPrimary: ground === 'dark' ? '#06211e' : '#ffffff' },
    // Chosen is tinted in light and dark alike.
    Radio: {
      buttonColorActive: soft,
      buttonTextColorActive: primary[0],
      buttonBorderColorActive: primary[0],
    },
    Tooltip: { color: ground === 'dark' ? '#2a343a' : '#17212b', textColor: '#ffffff' },
  }
}
