-- What lists of 100,000 runs are filtered, sorted and counted by, each with what every list asks besides, so that counting
-- reads the index alone. The scores' expressions are those of src-main/store/filter-sql.ts, word for word: SQLite
-- compares them; a test holds that it finds these indexes.
CREATE INDEX runs_by_validation_accuracy ON runs (
  (CASE scores ->> '$."val/accuracy"' WHEN 'NaN' THEN NULL WHEN 'Infinity' THEN 9e999 WHEN '-Infinity' THEN -9e999
    WHEN '-0' THEN 0.0 ELSE scores ->> '$."val/accuracy"' END), home_study, archived_at);
CREATE INDEX runs_by_validation_loss ON runs (
  (CASE scores ->> '$."val/loss"' WHEN 'NaN' THEN NULL WHEN 'Infinity' THEN 9e999 WHEN '-Infinity' THEN -9e999
    WHEN '-0' THEN 0.0 ELSE scores ->> '$."val/loss"' END), home_study, archived_at);
CREATE INDEX runs_by_rate ON runs (learning_rate, seed, home_study, archived_at);
CREATE INDEX runs_by_cell ON runs (home_cell, state, home_study, archived_at);
