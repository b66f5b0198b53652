"""Writes the reference values that the tests compare with, from PyTorch and Hugging Face's own models and reader.

Run by hand when the cases change, in an environment of its own:

    python3 -m venv /tmp/parity && /tmp/parity/bin/pip install torch transformers safetensors numpy
    /tmp/parity/bin/python test/parity/generate.py [CASE ...] [--minilm DIRECTORY]

Each case is a folder `test/parity/<case>/`. The tiny ones hold a model directory as `save_pretrained` writes it
(`config.json`, `model.safetensors`); `minilm-l6` holds none, its model comes with the set-up. All hold
`reference.safetensors`:

    x [S, B, T, F] float32, y [S, B] int32     S batches; step s (from 0) takes batch s % S
    in.weight in.bias out.weight out.bias      first values of input layer and readout, as a start_from file names them
    logits [B, C]                              of batch 0, before training, last token read
    logits_2 [B, 2 C]                          the same, the last two tokens read
    <setting>.loss <setting>.grad_norm [20]    of each step, the norm before clipping
    <setting>.grad.<parameter>                 gradients of step 1, unclipped (tiny cases, unfrozen only)

with the file's metadata: `<setting>.learning_rate`, `<setting>.parameters_trained`. Settings are `frozen` (FPT's rule:
input, output, layer norms, positions) and `unfrozen` (everything that gets a gradient). Training: Adam (betas .9 .999,
eps 1e-8), gradients clipped to a global norm of 1 by `clip_grad_norm_`, cross-entropy averaged over the batch, no dropout.

Two (tiny-bert, tiny-gpt2) also hold `padded.safetensors`, of the same x, y and first values where examples end before T:

    lengths [S, B] int32                       what x holds behind them is masked by `attention_mask`
    logits [B, C]                              of batch 0, before training, last real token read
    <setting>.loss <setting>.grad_norm [20]    of each step

`tiny-bert/protocols.safetensors` holds the same 20 steps of the frozen tiny BERT under other protocols:

    <protocol>.loss <protocol>.grad_norm [20]
    <protocol>.rate [20]                       learning rate of each step, as Hugging Face's schedulers set it

with the protocols' options in the metadata, as a study file has them, and `learning_rate`, the peak. Losses are those that
are minimised: smoothed where labels are.

`safetensors-verdicts.json` is a list of [file in base64, whether the reference reader takes it].
"""

import argparse
import base64
import json
import random
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
from safetensors import deserialize
from safetensors.torch import load_file, save, save_file
from transformers import AutoModel, BertConfig, BertModel, GPT2Config, GPT2Model, RobertaConfig, RobertaModel, ViTConfig, ViTModel, get_scheduler

HERE = Path(__file__).parent
STEPS = 20
UNUSED = ("word_embeddings", "pooler", "wte")


class VisionTrunk(torch.nn.Module):
    """FPT's use of ViT: its own positions, the blocks, the final norm."""

    def __init__(self, vit):
        super().__init__()
        self.config = vit.config
        self.vit_pos_embed = torch.nn.Parameter(torch.zeros(1, 1024, vit.config.hidden_size))
        self.layers, self.layernorm = vit.layers, vit.layernorm

    def forward(self, inputs_embeds):
        h = inputs_embeds + self.vit_pos_embed[:, : inputs_embeds.shape[1]]
        for layer in self.layers:
            h = layer(h)
            h = h[0] if isinstance(h, tuple) else h
        return SimpleNamespace(last_hidden_state=self.layernorm(h))


class Network(torch.nn.Module):
    def __init__(self, trunk, features, classes):
        super().__init__()
        width = trunk.config.hidden_size
        self.trunk = trunk
        self.input = torch.nn.Linear(features, getattr(trunk.config, "input_size", width))
        torch.nn.init.orthogonal_(self.input.weight, gain=1.41)
        torch.nn.init.normal_(self.input.bias, std=0.1)
        self.out = torch.nn.Linear(width, classes)

    def forward(self, x, read=1):
        hidden = self.trunk(inputs_embeds=self.input(x)).last_hidden_state
        return self.out(hidden[:, -read:]).flatten(1)

    def forward_padded(self, x, lengths):
        mask = torch.arange(x.shape[1]) < lengths[:, None]
        hidden = self.trunk(inputs_embeds=self.input(x), attention_mask=mask.long()).last_hidden_state
        return self.out(hidden[torch.arange(len(x)), lengths - 1])


class Recurrent(torch.nn.LSTM):
    """PyTorch's LSTM with batches first, as a trunk."""

    def __init__(self, config):
        super().__init__(config["input_size"], config["hidden_size"], config["num_layers"], batch_first=True)
        self.config = SimpleNamespace(**config)

    def forward(self, inputs_embeds):
        return SimpleNamespace(last_hidden_state=super().forward(inputs_embeds)[0])


class ScaledNorm(torch.nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.alpha, self.beta = (torch.nn.Parameter(torch.empty(1, width).uniform_(-1, 1) / width**0.5) for _ in "ab")
        self.epsilon = epsilon

    def forward(self, x):
        variance = x.var(-1, keepdim=True, unbiased=True)
        return self.alpha * (x - x.mean(-1, keepdim=True)) / torch.sqrt(variance + self.epsilon) + self.beta


class NormedCell(torch.nn.Module):
    """A layer of FPT's layer-normalised LSTM, written from what is known of it: gates i f o g, the normalised cell goes on."""

    def __init__(self, inputs, width, epsilon):
        super().__init__()
        self.i2h, self.h2h = torch.nn.Linear(inputs, 4 * width), torch.nn.Linear(width, 4 * width)
        self.ln_i2h, self.ln_h2h = ScaledNorm(4 * width, epsilon), ScaledNorm(4 * width, epsilon)
        self.ln_cell = ScaledNorm(width, epsilon)

    def forward(self, x, h, c):
        i, f, o, g = (self.ln_i2h(self.i2h(x)) + self.ln_h2h(self.h2h(h))).chunk(4, -1)
        c = self.ln_cell(f.sigmoid() * c + i.sigmoid() * g.tanh())
        return o.sigmoid() * c.tanh(), c


class NormedRecurrent(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = SimpleNamespace(**config)
        widths = [config["input_size"]] + [config["hidden_size"]] * (config["num_layers"] - 1)
        self.params = torch.nn.ModuleList(NormedCell(w, config["hidden_size"], config["layer_norm_eps"]) for w in widths)

    def forward(self, inputs_embeds):
        sequence = inputs_embeds
        for cell in self.params:
            h = c = torch.zeros(len(sequence), self.config.hidden_size)
            states = []
            for x in sequence.unbind(1):
                h, c = cell(x, h, c)
                states.append(h)
            sequence = torch.stack(states, 1)
        return SimpleNamespace(last_hidden_state=sequence)


def freeze(network):
    for name, parameter in network.trunk.named_parameters():
        name = name.lower()
        trained = any(part in name for part in ("ln", "norm", "wpe", "position_embeddings", "pos_embed"))
        parameter.requires_grad_(trained)


def optimizer_of(parameters, rate, options):
    chosen = {key: options[key] for key in ("weight_decay", "momentum", "betas", "eps") if key in options}
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}[options.get("optimizer", "adam")]
    return kind(parameters, lr=rate, **{"weight_decay": 0, **chosen})


def train(network, x, y, rate, lengths=None, options={}):
    parameters = [p for p in network.parameters() if p.requires_grad]
    adam = optimizer_of(parameters, rate, options)
    schedule = options.get("schedule", "constant_with_warmup")
    rates = get_scheduler(schedule, adam, options.get("warmup_steps", 0), STEPS)
    losses, norms, first, used = [], [], {}, []
    for step in range(STEPS):
        batch = step % len(x)
        logits = network(x[batch]) if lengths is None else network.forward_padded(x[batch], lengths[batch])
        smoothing = options.get("label_smoothing", 0.0)
        loss = torch.nn.functional.cross_entropy(logits, y[batch], label_smoothing=smoothing)
        adam.zero_grad()
        loss.backward()
        if step == 0:
            first = {n: p.grad.clone() for n, p in network.named_parameters() if p.grad is not None}
        norms.append(float(torch.nn.utils.clip_grad_norm_(parameters, 1.0)))
        losses.append(loss.item())
        used.append(adam.param_groups[0]["lr"])
        adam.step()
        rates.step()
    return torch.tensor(losses), torch.tensor(norms), first, torch.tensor(used, dtype=torch.float64).float()


SAVED_NAMES = {
    "layers.": "encoder.layer.",
    "attention.q_proj": "attention.attention.query",
    "attention.k_proj": "attention.attention.key",
    "attention.v_proj": "attention.attention.value",
    "attention.o_proj": "attention.output.dense",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
}


def own_name(name):
    name = name.removeprefix("trunk.").replace("input.", "in.", 1)
    if "q_proj" in name or ".mlp.fc" in name or "layernorm_" in name or "_proj" in name:
        for module, saved in SAVED_NAMES.items():
            name = name.replace(module, saved, 1)
    return name


def case(folder, load, sizes, rates, keep_gradients):
    batches, examples, tokens, features, classes = sizes
    torch.manual_seed(0)
    x = torch.randn(batches, examples, tokens, features)
    y = torch.randint(0, classes, (batches, examples))
    first = Network(load(), features, classes)
    state = {k: v.clone() for k, v in first.state_dict().items() if not k.startswith("trunk.")}
    tensors = {"x": x, "y": y.int(), **{own_name(k): v for k, v in state.items()}}
    with torch.no_grad():
        tensors["logits"] = first.eval()(x[0])
        tensors["logits_2"] = first(x[0], read=2)
    metadata = {}
    for setting, rate in rates.items():
        network = Network(load(), features, classes).eval()
        network.load_state_dict(state, strict=False)
        if setting == "frozen":
            freeze(network)
        losses, norms, gradients, _ = train(network, x, y, rate)
        tensors[f"{setting}.loss"], tensors[f"{setting}.grad_norm"] = losses, norms
        counted = [p for n, p in network.named_parameters() if p.requires_grad and not any(u in n for u in UNUSED)]
        metadata[f"{setting}.learning_rate"] = repr(rate)
        metadata[f"{setting}.parameters_trained"] = str(sum(p.numel() for p in counted))
        if keep_gradients and setting == "unfrozen":
            tensors |= {f"unfrozen.grad.{own_name(n)}": g for n, g in gradients.items()}
        print(folder.name, setting, metadata[f"{setting}.parameters_trained"], losses[[0, -1]].tolist(), norms[:2].tolist())
    folder.mkdir(exist_ok=True)
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "reference.safetensors", metadata)


def tiny(name, model, wrap=lambda model: model):
    """Every parameter away from its first value, so that a bias or a gain that is left out shows."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.15)
    model.save_pretrained(HERE / name)
    load = lambda: wrap(AutoModel.from_pretrained(HERE / name, attn_implementation="eager"))
    rates = {"frozen": 1e-2, "unfrozen": 1e-3}
    case(HERE / name, load, (5, 4, 9, 6, 10), rates, True)
    if name in ("tiny-bert", "tiny-gpt2"):
        padded(HERE / name, load, rates)


def padded(folder, load, rates):
    """After `case`, of the same examples; their lengths are 1 to T."""
    reference = load_file(folder / "reference.safetensors")
    x, y = reference["x"], reference["y"].long()
    batches, examples, tokens, features = x.shape
    lengths = 1 + torch.arange(batches * examples).reshape(batches, examples) * 5 % tokens
    start = {k.replace("in.", "input."): reference[k] for k in ("in.weight", "in.bias", "out.weight", "out.bias")}
    tensors = {"lengths": lengths.int()}
    for setting, rate in rates.items():
        network = Network(load(), features, len(reference["out.bias"])).eval()
        network.load_state_dict(start, strict=False)
        with torch.no_grad():
            tensors["logits"] = network.forward_padded(x[0], lengths[0])
        if setting == "frozen":
            freeze(network)
        tensors[f"{setting}.loss"], tensors[f"{setting}.grad_norm"], *_ = train(network, x, y, rate, lengths)
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "padded.safetensors")


PROTOCOLS = {
    "adam-decay": (1e-2, {"weight_decay": 0.1}),
    "adam-betas": (1e-2, {"betas": [0.8, 0.95], "eps": 1e-3}),
    "adamw": (1e-2, {"optimizer": "adamw", "weight_decay": 0.5}),
    "sgd": (1e-1, {"optimizer": "sgd"}),
    "sgd-momentum": (3e-2, {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.1}),
    "warm-up": (1e-2, {"warmup_steps": 5}),
    "linear": (1e-2, {"warmup_steps": 5, "schedule": "linear"}),
    "cosine": (1e-2, {"optimizer": "adamw", "weight_decay": 0.1, "warmup_steps": 3, "schedule": "cosine"}),
    "smoothed": (1e-2, {"label_smoothing": 0.2}),
}


def protocols(folder):
    reference = load_file(folder / "reference.safetensors")
    x, y = reference["x"], reference["y"].long()
    state = {f"{part}.{kind}": reference[f"{own_name(part + '.')}{kind}"] for part in ("input", "out") for kind in ("weight", "bias")}
    tensors, metadata = {}, {}
    for name, (rate, options) in PROTOCOLS.items():
        trunk = AutoModel.from_pretrained(folder, attn_implementation="eager")
        network = Network(trunk, x.shape[-1], len(state["out.bias"])).eval()
        network.load_state_dict(state, strict=False)
        freeze(network)
        tensors[f"{name}.loss"], tensors[f"{name}.grad_norm"], _, tensors[f"{name}.rate"] = train(network, x, y, rate, options=options)
        metadata[name] = json.dumps({"learning_rate": rate, "training": options})
        print(folder.name, name, tensors[f"{name}.loss"][[0, -1]].tolist())
    save_file(tensors, folder / "protocols.safetensors", metadata)


def tiny_recurrent(name, kind, config):
    """A directory that nobody's `save_pretrained` writes: the module's state and a config.json of its sizes."""
    torch.manual_seed(1)
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    model = kind(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.15)
    save_file(model.state_dict(), folder / "model.safetensors")

    def load():
        model = kind(config)
        model.load_state_dict(load_file(folder / "model.safetensors"))
        return model

    case(folder, load, (5, 4, 9, 6, 10), {"frozen": 1e-2, "unfrozen": 1e-3}, True)


def verdicts(count, seed):
    draw = random.Random(seed)
    data = save({"a": torch.zeros(2, 3), "b": torch.ones(4, dtype=torch.int8), "c": torch.zeros(0, 7)}, {"k": "v"})
    length = int.from_bytes(data[:8], "little")
    base, tail = data[8 : 8 + length].decode(), data[8 + length :]
    pieces = ["{", "}", "[", "]", ",", ":", '"', "0", "-1", "1.0", "1e1", "24", "28", "null", "true", " ", "\n", "\\", "\\u0041",
              "\\ud800", "é", '"F32"', '"I8"', '"F4"', '"BOOL"', '"F64"', '"x":1,', '"dtype":"F32",', "[0,0]", "[]",
              "18446744073709551615", "18446744073709551616", "9007199254740993", '"__metadata__":null,', '"__proto__"']
    cases = []
    for _ in range(count):
        header = base
        for _ in range(draw.choice([0, 1, 1, 1, 2, 3])):
            at = draw.randrange(len(header) + 1)
            cut = draw.choice([0, 0, 1, 1, 2, 5])
            header = header[:at] + draw.choice(pieces) + header[at + cut :]
        if draw.random() < 0.3:
            numbers = [i for i, c in enumerate(header) if c.isdigit()]
            at = draw.choice(numbers)
            header = header[:at] + draw.choice("0123456789") + header[at + 1 :]
        raw = header.encode()
        declared = len(raw) if draw.random() < 0.9 else draw.choice([0, 1, len(raw) - 1, len(raw) + 1, 2**63, 10**8, 10**8 + 1])
        body = tail if draw.random() < 0.9 else draw.choice([tail[:-1], tail + b"\0", b"", tail * 2])
        data = declared.to_bytes(8, "little") + raw + body
        if draw.random() < 0.1:
            data = data[: draw.randrange(len(data) + 1)]
        try:
            deserialize(data)
            taken = True
        except Exception:
            taken = False
        cases.append([base64.b64encode(data).decode(), taken])
    return cases


SIZE = {"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2, "intermediate_size": 48}
BERT = {"vocab_size": 8, "max_position_embeddings": 16}
ROBERTA = {"vocab_size": 8, "max_position_embeddings": 18, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
GPT2 = {"n_embd": 32, "n_head": 4, "n_layer": 2, "n_inner": 48, "vocab_size": 8, "n_positions": 16}
VIT = {"image_size": 8, "patch_size": 4, "num_channels": 1, "layer_norm_eps": 1e-6}
LSTM = {"input_size": 12, "hidden_size": 16, "num_layers": 2}
NORMS = {"layer_norm_eps": 1e-6, "layer_norm_unbiased": True, "initial_state": "zeros"}

if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("cases", nargs="*", metavar="CASE", help="only these (default: all)")
    arguments.add_argument("--minilm", type=Path, default=Path.home() / ".cache/fairsweep/models/minilm-l6")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    cases = {
        "tiny-bert": lambda name: tiny(name, BertModel(BertConfig(**SIZE, **BERT), add_pooling_layer=False)),
        "protocols": lambda name: protocols(HERE / "tiny-bert"),
        "tiny-roberta": lambda name: tiny(name, RobertaModel(RobertaConfig(**SIZE, **ROBERTA), add_pooling_layer=False)),
        "tiny-gpt2": lambda name: tiny(name, GPT2Model(GPT2Config(**GPT2))),
        "tiny-vit": lambda name: tiny(name, ViTModel(ViTConfig(**SIZE, **VIT)), VisionTrunk),
        "tiny-lstm": lambda name: tiny_recurrent(name, Recurrent, {"model_type": "lstm", **LSTM}),
        "tiny-fpt_lnlstm": lambda name: tiny_recurrent(name, NormedRecurrent, {"model_type": "fpt_lnlstm", **LSTM, **NORMS}),
        "minilm-l6": lambda name: case(
            HERE / name,
            lambda: BertModel.from_pretrained(options.minilm, add_pooling_layer=False, attn_implementation="eager"),
            (4, 8, 16, 49, 10),
            # At 1e-3 the frozen run is not determined: with a last bit of each weight changed, PyTorch's own losses part by 3e-2
            # and its norms by 3e-1 within 20 steps. At 1e-4 they part by 6e-5 and 4e-3.
            {"frozen": 1e-4, "unfrozen": 1e-4},
            False,
        ),
        "safetensors-verdicts": lambda name: (HERE / f"{name}.json").write_text(
            "[\n" + ",\n".join(json.dumps(entry) for entry in verdicts(600, 0)) + "\n]\n"
        ),
    }
    for name, write in cases.items():
        if not options.cases or name in options.cases:
            write(name)
