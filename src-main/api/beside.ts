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
    return (await answers.ask(type, path, input)) as Answer
  }
