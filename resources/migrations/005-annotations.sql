-- What people add to runs (tags, a note, putting them away), the views of the history that they keep, and what makes lists
-- of 100,000 runs quick: the study in whose words a run is listed without one (the first that plans it, or held it) was
-- looked up per row; now it is written down when it changes.

ALTER TABLE runs ADD COLUMN home_study INTEGER;
ALTER TABLE runs ADD COLUMN home_cell INTEGER;
ALTER TABLE runs ADD COLUMN home_in_plan INTEGER;
ALTER TABLE runs ADD COLUMN archived_at TEXT;

UPDATE runs SET (home_study, home_cell, home_in_plan) =
  (SELECT study, cell, in_plan FROM study_runs WHERE study_runs.run = runs.run ORDER BY in_plan DESC, study LIMIT 1);

CREATE TRIGGER study_run_homed AFTER INSERT ON study_runs BEGIN
  UPDATE runs SET (home_study, home_cell, home_in_plan) =
    (SELECT study, cell, in_plan FROM study_runs WHERE run = new.run ORDER BY in_plan DESC, study LIMIT 1) WHERE run = new.run;
END;

CREATE TRIGGER study_run_moved AFTER UPDATE OF cell, in_plan ON study_runs
  WHEN new.cell <> old.cell OR new.in_plan <> old.in_plan BEGIN
  UPDATE runs SET (home_study, home_cell, home_in_plan) =
    (SELECT study, cell, in_plan FROM study_runs WHERE run = new.run ORDER BY in_plan DESC, study LIMIT 1) WHERE run = new.run;
END;

CREATE TRIGGER study_run_left AFTER DELETE ON study_runs BEGIN
  UPDATE runs SET (home_study, home_cell, home_in_plan) =
    (SELECT study, cell, in_plan FROM study_runs WHERE run = old.run ORDER BY in_plan DESC, study LIMIT 1) WHERE run = old.run;
END;

CREATE TABLE run_tags (
  tag TEXT NOT NULL,
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  PRIMARY KEY (tag, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_tags_by_run ON run_tags (run, tag);

CREATE TABLE run_notes (
  run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
  note TEXT NOT NULL,                             -- Markdown
  changed_at TEXT NOT NULL
) STRICT;

-- A place of the workbench with its filter, columns, order and grouping: what its URL says after the question mark.
CREATE TABLE saved_views (
  view INTEGER PRIMARY KEY,
  place TEXT NOT NULL,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  saved_at TEXT NOT NULL,
  UNIQUE (place, name)
) STRICT;
