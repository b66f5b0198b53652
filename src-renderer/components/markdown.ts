import MarkdownIt from 'markdown-it'
import { h } from 'vue'
import type { VNode } from 'vue'

type Token = ReturnType<InstanceType<typeof MarkdownIt>['parse']>[number]
type Child = VNode | string

/** Links lead to web pages alone; a picture is its words, since this page loads nothing from anywhere. */
const reader = new MarkdownIt({ html: false, linkify: true, breaks: true })
reader.validateLink = (url) => /^https?:\/\//i.test(url.trim())
reader.disable('image')

/**
 * Markdown as the page's own nodes. No HTML is made of it at any time, so there is none to be cleaned: what looks like a
 * tag is text.
 */
export const renderMarkdown = (text: string): Child[] => walk(reader.parse(text, {}))

function walk(tokens: readonly Token[]): Child[] {
  const open: { readonly token: Token | null; readonly children: Child[] }[] = [{ token: null, children: [] }]
  for (const token of tokens) {
    const innermost = open.at(-1)!.children
    if (token.nesting === 1) open.push({ token, children: [] })
    else if (token.nesting === 0) innermost.push(...leaf(token))
    else {
      const { token: opened, children } = open.pop()!
      // Paragraphs of a tight list are hidden: their words stand in the item itself.
      if (opened?.hidden) open.at(-1)!.children.push(...children)
      else if (opened) open.at(-1)!.children.push(h(tagOf(opened), attributesOf(opened), children))
    }
  }
  return open[0]!.children
}

function leaf(token: Token): Child[] {
  switch (token.type) {
    case 'inline':
      return walk(token.children ?? [])
    case 'code_inline':
      return [h('code', token.content)]
    case 'code_block':
    case 'fence':
      return [h('pre', [h('code', token.content)])]
    case 'softbreak':
    case 'hardbreak':
      return [h('br')]
    case 'hr':
      return [h('hr')]
    default:
      return [token.content]
  }
}

/** A note's headings stand below those of the page. */
const tagOf = ({ tag }: Token): string => (/^h[1-6]$/.test(tag) ? `h${Math.min(6, Number(tag[1]) + 3)}` : tag)

const attributesOf = (token: Token): Record<string, string> =>
  token.tag === 'a'
    ? { href: String(token.attrGet('href') ?? ''), target: '_blank', rel: 'noopener noreferrer' }
    : {}
