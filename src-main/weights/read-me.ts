import type { RunConfig } from '../run'
import type { NetworkShape } from './kept-file'

interface Trunk {
  readonly imports: string
  readonly load: string
  readonly apply: string
}

/** Of a class in transformers that takes vectors in the place of words, positions added as we add them. */
const TRANSFORMER: Trunk = {
  imports: 'from transformers import AutoModel',
  load: "trunk = AutoModel.from_pretrained('.').eval()",
  apply: 'trunk(inputs_embeds=h).last_hidden_state',
}

/** How Python gets at a trunk, by type; the others' classes have no way in for vectors. */
const TRUNKS: Readonly<Record<string, Trunk>> = {
  bert: TRANSFORMER,
  roberta: TRANSFORMER,
  gpt2: TRANSFORMER,
  lstm: {
    imports: 'import json, torch',
    load: `config = json.load(open('config.json'))
config.pop('model_type')
trunk = torch.nn.LSTM(**config, batch_first=True)
trunk.load_state_dict(load_file('model.safetensors'))`,
    apply: 'trunk(h)[0]',
  },
}

/** What a run was, in the words of its study. */
export interface RunAbout {
  readonly run: string
  readonly study: string
  readonly task: string
  readonly model: string
  readonly setting: string
  /** `val/*` at the best step. */
  readonly validation: Readonly<Record<string, number | null>>
}

interface Trained {
  readonly type: string
  readonly shape: NetworkShape
  readonly step: number
  readonly config: RunConfig
}

/** What a folder of exported weights holds and how it is used, for people. */
export function readMe(about: RunAbout, { type, shape, step, config }: Trained): string {
  const { input, output, readTokens } = shape
  const reads =
    input.kind === 'vectors'
      ? `${input.tokens} vectors of ${input.width} numbers`
      : `${input.tokens} tokens of ${input.vocabulary} kinds`
  const answers = {
    classes: `one of ${output.count} classes`,
    bits: `${output.count} bits, two logits each`,
    values: `${output.count} numbers`,
  }[output.kind]
  const scores = Object.entries(about.validation).flatMap(([name, value]) =>
    value === null ? [] : [`${name} ${value.toPrecision(4)}`],
  )
  const last = readTokens === 1 ? 'the last token is' : `the last ${readTokens} tokens are`
  return `# ${about.task}, ${about.setting}

Run ${about.run} of the study "${about.study}", exported by Fairsweep: the trunk "${about.model}" (${type}), trained as ${about.setting}
at the learning rate ${config.learning_rate} with seed ${config.seed}. These are the weights of step ${step}, which validation chose${scores.length === 0 ? '' : ` (${scores.join(', ')})`}.

- \`model.safetensors\`, \`config.json\`: the trunk, as \`save_pretrained\` writes it. Tensors that the network does not use, such
  as the embeddings of words, are those of the model that it came from (zeros where it came from none).
- \`fairsweep_layers.safetensors\`: the layers around the trunk, in PyTorch's layout.
- \`fairsweep.json\`: the run's configuration, and the names of the tensors that were trained.

The network reads ${reads}; ${last} read, and the answer is ${answers}.

${type in TRUNKS ? example(type, shape) : `How the layers stand around a trunk of the type ${type} is said in Fairsweep's documentation.`}
`
}

function example(type: string, { input, readTokens }: NetworkShape): string {
  const { imports, load, apply } = TRUNKS[type] ?? TRANSFORMER
  const into =
    input.kind === 'vectors'
      ? "h = x @ layers['in.weight'].T + layers['in.bias']  # x: [B, T, F]"
      : "h = layers['in.weight'][x]  # x: [B, T] of tokens"
  return `\`\`\`python
${imports}
from safetensors.torch import load_file

${load}
layers = load_file('fairsweep_layers.safetensors')
${into}
h = ${apply}[:, -${readTokens}:]
logits = (h @ layers['out.weight'].T + layers['out.bias']).flatten(1)
\`\`\``
}
