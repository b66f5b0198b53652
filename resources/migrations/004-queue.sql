-- What people decided about the queue, and what a run's network is made of.

-- Studies in the order in which they are to be trained; those that nobody placed come after, as they are started.
CREATE TABLE queue_studies (
  study INTEGER PRIMARY KEY REFERENCES studies ON DELETE CASCADE,
  place INTEGER NOT NULL
) STRICT;

-- Runs that were moved within their study. A run that was not has its group's number in the plan, from 0, as its place.
CREATE TABLE queue_runs (
  study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE,
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  place REAL NOT NULL,
  PRIMARY KEY (study, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_runs_by_run ON queue_runs (run);

CREATE TABLE setup_parameters (
  setup INTEGER PRIMARY KEY REFERENCES setups ON DELETE CASCADE,
  description TEXT NOT NULL                       -- JSON: [name, shape, part, trained] of every tensor of the network
) STRICT;
