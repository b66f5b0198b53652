"""Writes the NumPy archives that tensors.test.ts reads. Run by hand: python generate.py (numpy)."""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
draw = np.random.default_rng(0)

x = np.round(draw.normal(size=(12, 3, 4)), 3)
words = draw.integers(0, 9, size=(12, 5))
classes = np.arange(12) % 3

np.savez(HERE / "vectors.npz", train_x=x.astype("f4"), train_y=classes)
np.savez_compressed(HERE / "compressed.npz", train_x=x.astype("f8"), train_y=classes.astype("u1"))
np.savez(HERE / "half.npz", train_x=x.astype("f2"), train_y=classes.astype("i2"))
np.savez(
    HERE / "words.npz",
    train_x=words,
    train_y=classes,
    val_x=words[:2] + 4,
    val_y=classes[:2],
    test_x=words[:4],
    test_y=classes[:4],
)
np.savez(HERE / "columns.npz", train_x=np.asfortranarray(x), train_y=classes)
np.savez(HERE / "names.npz", train_x=np.array([["a", "b"]]), train_y=np.array([0]))
