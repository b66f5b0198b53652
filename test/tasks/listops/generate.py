"""Writes what sequences of Long Range Arena's ListOps generator are like, for ours to be held against.

Run by hand when the cases change; it takes a minute or two and needs numpy:

    python3 test/tasks/listops/generate.py

The generator here follows lra_benchmarks/data/listops.py of google-research/long-range-arena (Apache-2.0) draw by draw: a node
is a list with probability 1/4 unless it is at the deepest level, a list holds 2 to `max_args` values, each of four operators
is as likely, and a sequence is kept if its length (one token a digit, two more a list) lies between the bounds.

`reference.json` has, of `count` sequences with LRA's defaults: how many have each length (in hundreds of tokens) and each value;
and of all their lists, how many stand at each depth, have each operator and each number of arguments. `examples` are short
sequences: the text that LRA writes, and the value.
"""

import json
import random
from collections import Counter
from pathlib import Path

import numpy

OPERATORS = ["[MIN", "[MAX", "[MED", "[SM"]


def draw(random, depth, max_depth, max_args):
    """A node: a digit, or an operator and its values; and how many tokens it has."""
    is_list = depth < max_depth and random.random() <= 0.25
    if not is_list:
        return random.choice(range(10)), 1
    count = random.randint(2, max_args)
    nodes = [draw(random, depth + 1, max_depth, max_args) for _ in range(count)]
    return (random.choice(OPERATORS), [node for node, _ in nodes]), 2 + sum(length for _, length in nodes)


def value(node):
    if isinstance(node, int):
        return node
    operator, nodes = node
    values = [value(each) for each in nodes]
    if operator == "[MIN":
        return min(values)
    if operator == "[MAX":
        return max(values)
    return int(numpy.median(values)) if operator == "[MED" else sum(values) % 10


def text(node):
    if isinstance(node, int):
        return str(node)
    operator, nodes = node
    written = operator
    for each in nodes:
        written = f"( {written} {text(each)} )"
    return f"( {written} ] )"


def lists(node, depth=1):
    if not isinstance(node, int):
        yield node, depth
        for each in node[1]:
            yield from lists(each, depth + 1)


def kept(random, least, most, max_depth=10, max_args=10):
    while True:
        node, length = draw(random, 1, max_depth, max_args)
        if least < length < most:
            return node, length


COUNT = 10_000
source = random.Random(0)
lengths, values, depths, operators, arguments = (Counter() for _ in range(5))
for _ in range(COUNT):
    node, length = kept(source, 500, 2000)
    lengths[length // 100] += 1
    values[value(node)] += 1
    for (operator, nodes), depth in lists(node):
        depths[depth] += 1
        operators[operator] += 1
        arguments[len(nodes)] += 1
examples = [[text(node), value(node)] for node, _ in (kept(source, 5, 40) for _ in range(40))]
counts = {"lengths": lengths, "values": values, "depths": depths, "operators": operators, "arguments": arguments}
document = {"count": COUNT, **{name: dict(sorted(found.items())) for name, found in counts.items()}, "examples": examples}
(Path(__file__).parent / "reference.json").write_text(json.dumps(document, indent=1) + "\n")
