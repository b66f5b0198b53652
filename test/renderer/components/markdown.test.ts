import { describe, expect, test } from 'vitest'
import { createSSRApp, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { renderMarkdown } from '../../../src-renderer/components/markdown'

const html = (text: string): Promise<string> =>
  renderToString(createSSRApp({ render: () => h('div', renderMarkdown(text)) }))

describe('Markdown', () => {
  test('is text with its marks', async () => {
    expect(await html('# Title\n\n**bold** and `code`\n\n- one\n- two')).toBe(
      '<div><h4>Title</h4><p><strong>bold</strong> and <code>code</code></p><ul><li>one</li><li>two</li></ul></div>',
    )
    expect(await html('a | b\n--|--\n1 | 2')).toContain('<td>1</td>')
  })

  test('of others never becomes HTML of theirs', async () => {
    for (const attack of [
      '<img src=x onerror=alert(1)>',
      '<script>alert(1)</script>',
      '[x](javascript:alert(1))',
      '[x](data:text/html;base64,PHNjcmlwdD4=)',
      '![x](https://tracker.example/pixel.png)',
      '<a href="https://x" onclick="alert(1)">x</a>',
      '"><svg onload=alert(1)>',
    ]) {
      const made = await html(attack)
      expect(made, attack).not.toMatch(/<(img|script|svg)|javascript:[^<]*"|\son\w+="|href="data:/i)
    }
  })

  test('leads to web pages in a window of their own', async () => {
    const link = '<a href="https://example.org" target="_blank" rel="noopener noreferrer">'
    expect(await html('[x](https://example.org)')).toContain(link)
    expect(await html('see https://example.org now')).toContain(link)
  })
})
