"""Writes the fixtures of the import tests with the trackers' own Python packages, and what they hold as expected.json.

Run by hand, in an environment outside the repository:

    python3 -m venv env
    env/bin/pip install tensorboardX tensorboard mlflow-skinny sqlalchemy alembic transformers wandb
    env/bin/python test/imports/generate.py

Nothing is trained: the numbers come from one formula, so that the tests can compute them too. No package reaches the network.
"""

import gzip
import json
import math
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent / "fixtures"
SETTINGS = ["frozen-pretrained", "unfrozen-pretrained"]
RATES = [1e-4, 1e-3]
SEEDS = [0, 1]
STEPS = 40
EVERY = 10


def loss(setting, rate, seed, step):
    pace = 40 * rate**0.5 * (2 if setting == SETTINGS[1] else 1)
    return 2.3 * math.exp(-pace * step / STEPS) + 0.01 * seed


def accuracy(setting, rate, seed, step, split):
    return 0.9 - 0.3 * loss(setting, rate, seed, step) - (0.01 if split == "test" else 0)


def grid():
    return [(s, r, d) for s in SETTINGS for r in RATES for d in SEEDS]


def clean(name):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def tensorboardx():
    """Scalars as simple values, a folder a run; hyperparameters by add_hparams, which makes a folder inside the run's."""
    from tensorboardX import SummaryWriter

    root = clean("tensorboardx")
    for setting, rate, seed in grid():
        writer = SummaryWriter(str(root / f"{setting}-lr{rate:g}-s{seed}"))
        for step in range(1, STEPS + 1):
            writer.add_scalar("train/loss", loss(setting, rate, seed, step), step, walltime=1.7e9 + step)
            if step % EVERY == 0:
                value = accuracy(setting, rate, seed, step, "val")
                writer.add_scalar("val/accuracy", value, step, walltime=1.7e9 + step)
        writer.add_scalar("test/accuracy", accuracy(setting, rate, seed, STEPS, "test"), STEPS)
        writer.add_text("notes", "text is passed over", 0)
        writer.add_histogram("weights", [0.0, 1.0, 2.0], 0)
        writer.add_hparams(
            {"lr": rate, "seed": seed, "setting": setting, "nesterov": True},
            {"hparam/accuracy": accuracy(setting, rate, seed, STEPS, "val")},
            name="hparams",
        )
        writer.close()


def tensorboard():
    """Scalars as tensors, as TensorFlow 2 writes them; the training and the validation of a run in folders of their own."""
    from tensorboard.compat.proto import event_pb2
    from tensorboard.plugins.hparams import summary_v2 as hparams
    from tensorboard.plugins.scalar import summary_v2 as scalar
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    root = clean("tensorboard")
    for setting, rate, seed in grid()[:4]:
        folder = root / f"{setting}-lr{rate:g}-s{seed}"
        writer = EventFileWriter(str(folder))

        def add(step, summary):
            writer.add_event(event_pb2.Event(wall_time=1.7e9 + step, step=step, summary=summary))

        add(0, hparams.hparams_pb({"learning_rate": rate, "seed": seed, "mode": setting}, start_time_secs=1.7e9))
        for step in range(1, STEPS + 1):
            add(step, scalar.scalar_pb("epoch_loss", loss(setting, rate, seed, step)))
            if step % EVERY == 0:
                add(step, scalar.scalar_pb("evaluation_accuracy", accuracy(setting, rate, seed, step, "val")))
        # A restart from the checkpoint of step 30: the last ten steps come again.
        for step in range(31, STEPS + 1):
            add(step, scalar.scalar_pb("epoch_loss", loss(setting, rate, seed, step) + 1))
        writer.close()


def mlflow_runs(uri):
    import mlflow
    from mlflow.entities import Metric

    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient()
    experiment = client.create_experiment("sweep")
    for setting, rate, seed in grid():
        run = client.create_run(experiment, start_time=1700000000000, run_name=f"{setting}-{rate:g}-{seed}")
        identifier = run.info.run_id
        for key, value in {"lr": rate, "seed": seed, "setting": setting, "optim/name": "adam"}.items():
            client.log_param(identifier, key, value)
        client.set_tag(identifier, "dataset", "mnist")
        points = [
            Metric("val_accuracy", accuracy(setting, rate, seed, step, "val"), 1700000000000 + 1000 * step, step)
            for step in range(EVERY, STEPS + 1, EVERY)
        ]
        client.log_batch(identifier, metrics=points)
        test = accuracy(setting, rate, seed, STEPS, "test")
        client.log_batch(identifier, metrics=[Metric("test_accuracy", test, 1700000050000, STEPS)])
        client.set_terminated(identifier, end_time=1700000060000)
    diverged = client.create_run(experiment, start_time=1700000000000, run_name="diverged")
    for key, value in {"lr": 1e-2, "seed": 0, "setting": SETTINGS[0]}.items():
        client.log_param(diverged.info.run_id, key, value)
    client.set_tag(diverged.info.run_id, "dataset", "mnist")
    points = [Metric("val_loss", float("nan"), 1700000001000, 10)]
    client.log_batch(diverged.info.run_id, metrics=points)
    client.set_terminated(diverged.info.run_id, status="FAILED", end_time=1700000060000)
    deleted = client.create_run(experiment, run_name="deleted")
    client.log_param(deleted.info.run_id, "lr", 1.0)
    client.set_terminated(deleted.info.run_id)
    client.delete_run(deleted.info.run_id)


def mlflow_database():
    folder = clean("mlflow-database")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "mlflow.db"
        mlflow_runs(f"sqlite:///{path}")
        # Dozens of empty tables: small pages and gzip keep the file small.
        database = sqlite3.connect(path)
        database.execute("PRAGMA page_size = 512")
        database.execute("VACUUM")
        database.close()
        (folder / "mlflow.db.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def mlflow_files():
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    folder = clean("mlruns")
    mlflow_runs(f"file:{folder}")
    # Where it was made is of no interest; that it is never followed is.
    for meta in folder.rglob("meta.yaml"):
        text = meta.read_text().replace(str(folder), "/nowhere/mlruns")
        meta.write_text(text)


def hugging_face():
    from transformers import TrainerState

    root = clean("trainer")
    for setting, rate, seed in grid()[:2] + grid()[4:6]:
        state = TrainerState(epoch=1.0, global_step=STEPS, max_steps=STEPS, logging_steps=5, eval_steps=EVERY)
        folder = root / f"{setting}-lr{rate:g}-s{seed}"
        for step in range(5, STEPS + 1, 5):
            row = {"loss": loss(setting, rate, seed, step), "grad_norm": 1.0, "learning_rate": rate * (1 - step / STEPS)}
            state.log_history.append({**row, "epoch": step / STEPS, "step": step})
            if step % EVERY == 0:
                value = accuracy(setting, rate, seed, step, "val")
                row = {"eval_loss": float("nan") if step == 10 else 1 - value, "eval_accuracy": value, "eval_runtime": 1.0}
                state.log_history.append({**row, "epoch": step / STEPS, "step": step})
            if step in (20, 40):
                state.global_step = step
                state.best_metric = 0.5
                checkpoint = folder / f"checkpoint-{step}"
                checkpoint.mkdir(parents=True)
                state.save_to_json(str(checkpoint / "trainer_state.json"))
        state.log_history.append({"train_runtime": 10.0, "train_loss": 1.0, "epoch": 1.0, "step": STEPS})
        state.save_to_json(str(folder / "trainer_state.json"))


def weights_and_biases():
    import wandb

    root = clean("wandb")
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DISABLE_CODE="true", WANDB_DISABLE_GIT="true", WANDB__DISABLE_STATS="true", WANDB_X_DISABLE_MACHINE_INFO="true", WANDB_X_DISABLE_META="true", WANDB_CONSOLE="off")
    for setting, rate, seed in [grid()[0], grid()[7]]:
        run = wandb.init(project="sweep", name=f"{setting}-{rate:g}-{seed}", dir=str(root), config={"lr": rate, "seed": seed, "setting": setting, "optim": {"name": "adam"}})
        for step in range(1, STEPS + 1):
            row = {"train/loss": loss(setting, rate, seed, step)}
            if step % EVERY == 0:
                row["val/accuracy"] = accuracy(setting, rate, seed, step, "val")
            run.log(row, step=step)
        run.summary["test/accuracy"] = accuracy(setting, rate, seed, STEPS, "test")
        run.finish()
    wandb.teardown()
    files = sorted((root / "wandb").glob("offline-run-*/*.wandb"))
    for i, file in enumerate(files):
        shutil.copy(file, root / f"run-{i}.wandb")
    shutil.rmtree(root / "wandb")


def expected():
    rows = [
        {
            "setting": setting,
            "learning_rate": rate,
            "seed": seed,
            "loss": [loss(setting, rate, seed, step) for step in range(1, STEPS + 1)],
            "validation": [accuracy(setting, rate, seed, step, "val") for step in range(EVERY, STEPS + 1, EVERY)],
            "test": accuracy(setting, rate, seed, STEPS, "test"),
        }
        for setting, rate, seed in grid()
    ]
    (HERE / "expected.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    # Trackers write the current folder into their files.
    os.chdir(tempfile.mkdtemp())
    chosen = sys.argv[1:]
    for make in [expected, tensorboardx, tensorboard, mlflow_database, mlflow_files, hugging_face, weights_and_biases]:
        if not chosen or make.__name__ in chosen:
            start = time.time()
            make()
            print(f"{make.__name__}: {time.time() - start:.1f} s")
