import { countRuns } from '../study/arms'
import { readStudy } from '../study/read'
import type { Workbench } from '../workbench'
import type { ApiContext } from './procedure'

type OfStudy = { readonly name: string } | { readonly study: string }

/**
 * A call about a study that may hold very many runs: from a page that can unpack it (`ApiContext.unpacks`), such a study is
 * answered by a thread beside the workbench, packed as `PackedAnswer`. The page's link gives out what was packed, so that
 * nobody above it knows.
 * @param path of the call in the router
 */
export const beside =
  <Input extends OfStudy, Answer>(
    path: string,
    answer: (call: { readonly ctx: ApiContext; readonly input: Input }) => Promise<Answer>,
    type: 'query' | 'mutation' = 'query',
  ): ((call: { readonly ctx: ApiContext; readonly input: Input }) => Promise<Answer>) =>
  async (call) => {
    const { ctx, input } = call
    const { answers, store } = ctx.workbench
    const study = 'name' in input ? input.name : input.study
    if (ctx.unpacks !== true || !answers.isFor(store.study(study))) return answer(call)
    return (await answers.ask(type, path, input, { study })) as Answer
  }

/** Longer study files are not even read here. */
const LONG_LETTERS = 8_000

/**
 * The same for a study file that may ask for very many runs, which are all planned for the answer; by a thread of its own, so
 * that nobody who designs waits for a study to be concluded. An edit gives up the question about the text before it.
 */
export const besideDraft =
  <Answer>(
    path: string,
    answer: (call: {
      readonly ctx: ApiContext
      readonly input: { readonly text: string }
    }) => Promise<Answer>,
  ): ((call: {
    readonly ctx: ApiContext
    readonly input: { readonly text: string }
    readonly signal: AbortSignal | undefined
  }) => Promise<Answer>) =>
  async ({ ctx, input, signal }) => {
    if (ctx.unpacks !== true || !isLargeDraft(ctx.workbench, input.text)) return answer({ ctx, input })
    return (await ctx.workbench.drafts.ask('query', path, input, { signal })) as Answer
  }

function isLargeDraft({ drafts }: Workbench, text: string): boolean {
  if (text.length > LONG_LETTERS) return true
  try {
    return drafts.isForRuns(countRuns(readStudy(text)))
  } catch {
    // What is wrong with it is soon said.
    return false
  }
}
