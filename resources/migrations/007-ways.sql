-- How the runs of a cell are trained on a device (run.ts, TrainingWay), as it was measured before the study's first group.
CREATE TABLE training_ways (
  study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE,
  program TEXT NOT NULL,                          -- what a step's work depends on, as a hash
  device TEXT NOT NULL,
  cell TEXT NOT NULL,                             -- the study's words for it, for people
  way TEXT NOT NULL,                              -- JSON
  chosen_at TEXT NOT NULL,
  PRIMARY KEY (study, program, device)
) STRICT, WITHOUT ROWID;
