-- Runs of other trackers beside our own, and numbers from papers beside both.

ALTER TABLE studies ADD COLUMN imported_from TEXT;  -- "csv", "mlflow" … "bundle"; null: planned here, under our own seal

CREATE TABLE published_cells (
  published INTEGER PRIMARY KEY,
  study INTEGER NOT NULL REFERENCES studies,
  source TEXT NOT NULL,                             -- whose number it is
  task TEXT NOT NULL,
  model TEXT NOT NULL,
  setting TEXT NOT NULL,
  metric TEXT NOT NULL CHECK (metric IN ('accuracy', 'loss')),
  mean REAL NOT NULL,
  sem REAL,
  n INTEGER,
  UNIQUE (study, source, task, model, setting, metric)
) STRICT;
