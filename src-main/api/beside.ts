import type { ApiContext } from './procedure'

/**
 * A query on a study that may hold very many runs: from a page that can unpack it (`ApiContext.unpacks`), such a study is
 * answered by a thread beside the workbench, packed as `PackedAnswer`. The page's link gives out what was packed, so that
 * nobody above it knows.
 * @param path of the query in the router
 */
export const beside =
  <Input extends { readonly name: string }, Answer>(
    path: string,
    answer: (call: { readonly ctx: ApiContext; readonly input: Input }) => Promise<Answer>,
  ): ((call: { readonly ctx: ApiContext; readonly input: Input }) => Promise<Answer>) =>
  async (call) => {
    const { ctx, input } = call
    const { answers, store } = ctx.workbench
    if (ctx.unpacks !== true || !answers.isFor(store.study(input.name))) return answer(call)
    return (await answers.ask(path, input)) as Answer
  }
