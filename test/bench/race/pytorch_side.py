"""Trains one row of the race the way FPT's code does (kzl/universal-computation, trainer.py and fpt.py).

Called by pytorch-side.ts with a job in JSON; prints one line of JSON. One run after the other; each step takes a batch,
computes loss and accuracy (on the CPU, in numpy), clips the gradients to a global norm of 1, and takes a step of Adam
over all parameters. Evaluation is at the training batch size, as there. Kinder than FPT's code in two things: images
are in memory as tensors instead of going through PIL and transforms one by one, and all runs share one process.
"""

import gzip
import json
import re
import sys
import time
from pathlib import Path
from types import SimpleNamespace

START = time.perf_counter()

import numpy as np
import torch
from transformers import BertModel, GPT2Config, GPT2Model
from transformers.utils import logging

ORTHOGONAL_GAIN = 1.41
DROPOUT = 0.1


def read_idx(path, header):
    data = Path(path).read_bytes()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    return np.frombuffer(data, np.uint8, offset=header)


def images(files, split, patch):
    """x [N, T, patch * patch] in [0, 1], y [N]."""
    side = 28 // patch
    x = read_idx(files[f"{split}-images"], 16).reshape(-1, side, patch, side, patch)
    x = x.transpose(0, 1, 3, 2, 4).reshape(-1, side * side, patch * patch)
    return torch.from_numpy(x.astype(np.float32) / 255), torch.from_numpy(
        read_idx(files[f"{split}-labels"], 8).astype(np.int64)
    )


class LSTM(torch.nn.Module):
    """PyTorch's own LSTM with the face of a Hugging Face trunk."""

    def __init__(self, layers, width):
        super().__init__()
        self.config = SimpleNamespace(hidden_size=width)
        self.lstm = torch.nn.LSTM(width, width, layers, batch_first=True, dropout=DROPOUT)

    def forward(self, inputs_embeds):
        return SimpleNamespace(last_hidden_state=self.lstm(inputs_embeds)[0])


class FPT(torch.nn.Module):
    def __init__(self, trunk, frozen, features, classes):
        super().__init__()
        self.trunk = trunk
        linear = torch.nn.Linear(features, trunk.config.hidden_size)
        torch.nn.init.orthogonal_(linear.weight, gain=ORTHOGONAL_GAIN)
        linear.bias.data.zero_()
        self.in_net = torch.nn.Sequential(linear, torch.nn.Dropout(DROPOUT))
        self.out_net = torch.nn.Linear(trunk.config.hidden_size, classes)
        if frozen:
            for name, parameter in trunk.named_parameters():
                trains = any(part in name.lower() for part in ("ln", "norm", "wpe", "position_embeddings"))
                parameter.requires_grad = trains

    def forward(self, x):
        return self.out_net(self.trunk(inputs_embeds=self.in_net(x)).last_hidden_state[:, -1])


def trunk_of(model):
    if isinstance(model, str):
        return BertModel.from_pretrained(model, add_pooling_layer=False)
    if model.get("kind") == "lstm":
        return LSTM(model["layers"], model["width"])
    config = GPT2Config(
        n_layer=model["layers"], n_embd=model["width"], n_head=model["heads"], n_positions=1024, vocab_size=8
    )
    return GPT2Model(config)


def accuracy(out, y):
    return float((out.detach().cpu().numpy().argmax(-1) == y.cpu().numpy()).mean())


def evaluate(network, split, batch):
    network.eval()
    x, y = split
    with torch.no_grad():
        right = [accuracy(network(x[i : i + batch]), y[i : i + batch]) for i in range(0, len(x), batch)]
    network.train()
    return float(np.mean(right))


def train(job, setting, seed, rate, splits):
    torch.manual_seed(seed)
    network = FPT(trunk_of(job["model"]), setting == "frozen", job["patch"] ** 2, 10)
    parameters = list(network.parameters())
    step_network = torch.compile(network) if job["compile"] else network
    optimizer = torch.optim.Adam(parameters, lr=rate)
    loss_of = torch.nn.CrossEntropyLoss()
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(*splits["train"]), batch_size=job["batch"], shuffle=True, drop_last=True
    )
    batches = iter(loader)
    network.train()
    times = []
    for step in range(job["steps"]):
        if step == 1:
            cpu = time.process_time()
        started = time.perf_counter()
        x, y = next(batches)
        out = step_network(x)
        loss = loss_of(out, y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        loss.detach().cpu().item()
        accuracy(out, y)
        times.append((time.perf_counter() - started) * 1e3)
    cpu = (time.process_time() - cpu) * 1e3 / (job["steps"] - 1)
    validation = evaluate(network, splits["validation"], job["batch"])
    evaluate(network, splits["test"], job["batch"])
    return times, cpu, validation


def main():
    logging.disable_progress_bar()
    job = json.loads(sys.argv[1])
    x, y = images(job["files"], "train", job["patch"])
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    held, kept = order[: len(x) // 10], order[len(x) // 10 :]
    held = held[: job["examples"]["validation"]]
    test_x, test_y = images(job["files"], "test", job["patch"])
    test = job["examples"]["test"]
    splits = {"train": (x[kept], y[kept]), "validation": (x[held], y[held]), "test": (test_x[:test], test_y[:test])}
    results = [
        train(job, setting, seed, rate, splits)
        for seed in job["seeds"]
        for setting in job["settings"]
        for rate in job["learningRates"]
    ]
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text()).group(1)) / 1024
    result = {
        "stepMs": [ms for times, _, _ in results for ms in times],
        "stepCpuMs": float(np.mean([cpu for _, cpu, _ in results])),
        "secondsARun": (time.perf_counter() - START) / len(results),
        "peakMiB": peak,
        "accuracies": [score for _, _, score in results],
    }
    print(json.dumps(result))


main()
