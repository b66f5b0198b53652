-- The history of a workspace: what was asked for (studies), what was trained (runs), what was measured (chunks), what happened (events).
-- Lists of 100,000 runs must stay quick, so a row of `runs` holds only what differs between runs: the configuration that a
-- cell's runs have in common is kept once in `setups`, its words in `cells`, the machine in `environments`.

CREATE TABLE studies (
  study INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  specification TEXT NOT NULL,                    -- JSON: the checked study, defaults filled in
  file TEXT NOT NULL,                             -- the study file as last written
  created_at TEXT NOT NULL,
  rule_frozen_at TEXT,
  test_opened_at TEXT,                            -- when test scores could first be seen
  test_revealed_at TEXT,                          -- when they were opened early, by hand
  changed_after_test TEXT NOT NULL DEFAULT '[]'   -- JSON: which of rule, grid, seeds, protocol
) STRICT;

CREATE TABLE setups (
  setup INTEGER PRIMARY KEY,
  config TEXT NOT NULL UNIQUE                     -- JSON: a run's configuration without learning rate and seed
) STRICT;

CREATE TABLE environments (
  environment INTEGER PRIMARY KEY,
  description TEXT NOT NULL UNIQUE                -- JSON
) STRICT;

CREATE TABLE runs (
  run INTEGER PRIMARY KEY,                        -- rises with time: the order of the history
  id TEXT NOT NULL UNIQUE,                        -- first 12 hex digits of the key
  key TEXT NOT NULL UNIQUE,
  setup INTEGER NOT NULL REFERENCES setups,
  learning_rate REAL NOT NULL,
  seed INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('queued', 'running', 'paused', 'finished', 'early-stopped', 'diverged', 'failed', 'cancelled')),
  steps INTEGER NOT NULL DEFAULT 0,
  best_step INTEGER,
  parameters_trained INTEGER,
  parameters_total INTEGER,
  scores TEXT,                                    -- JSON, non-finite numbers as strings
  test_scores TEXT,                               -- the same, under seal
  reason TEXT,
  environment INTEGER REFERENCES environments,
  attempts INTEGER NOT NULL DEFAULT 0,
  started_at TEXT,
  finished_at TEXT
) STRICT;
CREATE INDEX runs_by_state ON runs (state, run);

CREATE TABLE cells (
  cell INTEGER PRIMARY KEY,
  task TEXT NOT NULL,                             -- a study's words, which need not be another study's
  model TEXT NOT NULL,
  setting TEXT NOT NULL,
  UNIQUE (task, model, setting)
) STRICT;

CREATE TABLE study_runs (
  study INTEGER NOT NULL REFERENCES studies,
  run INTEGER NOT NULL REFERENCES runs,
  cell INTEGER NOT NULL REFERENCES cells,
  position INTEGER NOT NULL,                      -- planned runs first, in the order of the plan
  in_plan INTEGER NOT NULL CHECK (in_plan IN (0, 1)),
  PRIMARY KEY (study, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX study_runs_by_run ON study_runs (run);
CREATE INDEX study_runs_by_position ON study_runs (study, position);

-- How many planned runs of a study are in which state. Kept by triggers, because the seal hangs on it.
CREATE TABLE study_states (
  study INTEGER NOT NULL REFERENCES studies,
  state TEXT NOT NULL,
  runs INTEGER NOT NULL CHECK (runs >= 0),
  PRIMARY KEY (study, state)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER study_run_added AFTER INSERT ON study_runs WHEN new.in_plan BEGIN
  INSERT INTO study_states VALUES (new.study, (SELECT state FROM runs WHERE run = new.run), 1)
    ON CONFLICT DO UPDATE SET runs = runs + 1;
END;

CREATE TRIGGER study_run_planned AFTER UPDATE OF in_plan ON study_runs WHEN new.in_plan > old.in_plan BEGIN
  INSERT INTO study_states VALUES (new.study, (SELECT state FROM runs WHERE run = new.run), 1)
    ON CONFLICT DO UPDATE SET runs = runs + 1;
END;

CREATE TRIGGER study_run_unplanned AFTER UPDATE OF in_plan ON study_runs WHEN new.in_plan < old.in_plan BEGIN
  UPDATE study_states SET runs = runs - 1
    WHERE study = new.study AND state = (SELECT state FROM runs WHERE run = new.run);
END;

CREATE TRIGGER run_changed_state AFTER UPDATE OF state ON runs WHEN new.state <> old.state BEGIN
  UPDATE study_states SET runs = runs - 1
    WHERE state = old.state AND study IN (SELECT study FROM study_runs WHERE run = new.run AND in_plan);
  INSERT INTO study_states SELECT study, new.state, 1 FROM study_runs WHERE run = new.run AND in_plan
    ON CONFLICT DO UPDATE SET runs = runs + 1;
END;

CREATE VIEW sealed_studies AS
  SELECT study FROM studies
  WHERE test_revealed_at IS NULL AND EXISTS (
    SELECT 1 FROM study_states
    WHERE study_states.study = studies.study AND state IN ('queued', 'running', 'paused') AND runs > 0);

CREATE TABLE metrics (
  metric INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- Consecutive points of one metric of one run, packed (src-main/store/packing.ts). `crc` covers the row, not the blob alone.
CREATE TABLE chunks (
  chunk INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs,
  metric INTEGER NOT NULL REFERENCES metrics,
  first_step INTEGER NOT NULL,
  last_step INTEGER NOT NULL,
  points INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (run, metric, first_step)
) STRICT;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  study TEXT,
  run TEXT,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_study ON events (study, seq);
CREATE INDEX events_of_run ON events (run, seq);
