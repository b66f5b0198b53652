import { defineConfig } from 'eslint/config'
import vue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'
import { house } from './lint/house.js'

const strict = {
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  '@typescript-eslint/no-confusing-void-expression': 'off',
  '@typescript-eslint/no-meaningless-void-operator': 'off',
  // An index that the loop around it has checked.
  '@typescript-eslint/no-non-null-assertion': 'off',
  // A type parameter may name what a caller knows of a row or a message.
  '@typescript-eslint/no-unnecessary-type-parameters': 'off',
  '@typescript-eslint/no-empty-function': ['error', { allow: ['arrowFunctions', 'methods'] }],
  '@typescript-eslint/no-unused-vars': [
    'error',
    { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
  ],
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'max-lines': ['error', 300],
  'no-console': 'error',
  'no-warning-comments': 'error',
}

export default defineConfig(
  { ignores: ['node_modules', 'out', 'demo-report', 'test/**/fixtures'] },
  { linterOptions: { noInlineConfig: true } },
  { plugins: { house }, rules: { 'house/layers': 'error' } },
  {
    files: ['**/*.ts', '**/*.vue'],
    extends: [tseslint.configs.strictTypeChecked, vue.configs['flat/essential']],
    languageOptions: {
      parserOptions: {
        parser: tseslint.parser,
        project: ['tsconfig.json', 'tsconfig.renderer.json'],
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.vue'],
      },
    },
    rules: strict,
  },
  {
    files: ['**/*.vue'],
    rules: {
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-props-declaration': ['error', 'type-based'],
      'vue/no-unused-properties': 'error',
      'vue/no-v-html': 'error',
    },
  },
  {
    // Components are untyped to this parser; vue-tsc, which knows them, checks the same.
    files: ['src-renderer/**', 'test/renderer/**'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // Set-up and the lint itself: JavaScript, its types checked by tsc.
    files: ['**/*.js'],
    extends: [tseslint.configs.recommended],
    rules: { eqeqeq: 'error', 'max-lines': ['error', 300], 'no-warning-comments': 'error' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-console': 'off',
      // vitest's matchers take methods and anything else as values.
      '@typescript-eslint/unbound-method': 'off',
      'max-lines': ['error', 500],
    },
  },
)
