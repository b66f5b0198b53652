"""Writes small files as TAPE's remote homology data are: an LMDB with pickled dictionaries and JSON exports.

Run by hand when the cases change, in an environment of its own, with an LMDB of the format that TAPE's files have:

    python3 -m venv /tmp/homology && /tmp/homology/bin/pip install 'lmdb<2' numpy
    /tmp/homology/bin/python test/tasks/homology/generate.py

`remote_homology_train.lmdb/data.mdb` has 60 proteins under the keys "0" to "59" and their number under "num_examples", so that
there are pages of keys above others; every tenth has a big array, so that its value stands on pages of its own. Their folds
are plain numbers, every seventh a NumPy one. `remote_homology_train.json` says what is in it. The other files are JSON.
"""

import json
import pickle
import random
import shutil
from pathlib import Path

import lmdb
import numpy

HERE = Path(__file__).parent
LETTERS = "ABCDEFGHIKLMNOPQRSTUVWXYZ"


def proteins(count, seed, longest=90):
    draw = random.Random(seed)
    for i in range(count):
        primary = "".join(draw.choice(LETTERS) for _ in range(draw.randint(5, longest)))
        yield {"primary": primary, "protein_length": len(primary), "fold_label": draw.randrange(1195), "id": f"d{seed}_{i}"}


def write_lmdb(path, items):
    shutil.rmtree(path, ignore_errors=True)
    database = lmdb.open(str(path), map_size=2**24)
    with database.begin(write=True) as transaction:
        for i, item in enumerate(items):
            evolutionary = numpy.zeros((300 if i % 10 == 0 else 2, 5), numpy.float32)
            fold = numpy.int64(item["fold_label"]) if i % 7 == 0 else item["fold_label"]
            value = {**item, "fold_label": fold, "evolutionary": evolutionary, "solvent": [0.5, None, True]}
            transaction.put(str(i).encode(), pickle.dumps(value, protocol=2 + i % 3))
        transaction.put(b"num_examples", pickle.dumps(len(items)))
    database.close()
    (path / "lock.mdb").unlink(missing_ok=True)


def write_json(name, items):
    (HERE / f"remote_homology_{name}.json").write_text(json.dumps(items) + "\n")


train = list(proteins(60, 0))
write_lmdb(HERE / "remote_homology_train.lmdb", train)
write_json("train", train)
write_json("valid", list(proteins(5, 1)))
write_json("test_fold_holdout", list(proteins(4, 2)))
write_json("test_superfamily_holdout", list(proteins(3, 3)))
write_json("test_family_holdout", list(proteins(6, 4)))
