-- Studies that were put away, and studies that were deleted and can still be brought back. A deleted study keeps its row
-- under a name that nobody can give; its runs leave `study_runs`, and with it every list, unless another study holds them.

ALTER TABLE studies ADD COLUMN archived_at TEXT;

CREATE TABLE deleted_studies (
  study INTEGER PRIMARY KEY REFERENCES studies ON DELETE CASCADE,
  name TEXT NOT NULL,                             -- what it was called
  deleted_at TEXT NOT NULL
) STRICT;

CREATE TABLE deleted_study_runs (
  study INTEGER NOT NULL REFERENCES deleted_studies ON DELETE CASCADE,
  run INTEGER NOT NULL REFERENCES runs,
  cell INTEGER NOT NULL REFERENCES cells,
  position INTEGER NOT NULL,
  in_plan INTEGER NOT NULL CHECK (in_plan IN (0, 1)),
  PRIMARY KEY (study, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX deleted_study_runs_by_run ON deleted_study_runs (run);
