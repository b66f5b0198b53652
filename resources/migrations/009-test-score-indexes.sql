-- Test scores are filtered by as validation scores are (008-list-indexes.sql); the same holds of these expressions. What is
-- under seal passes no filter, whatever the index holds.
CREATE INDEX runs_by_test_accuracy ON runs (
  (CASE test_scores ->> '$."test/accuracy"' WHEN 'NaN' THEN NULL WHEN 'Infinity' THEN 9e999 WHEN '-Infinity' THEN -9e999
    WHEN '-0' THEN 0.0 ELSE test_scores ->> '$."test/accuracy"' END), home_study, archived_at);
CREATE INDEX runs_by_test_loss ON runs (
  (CASE test_scores ->> '$."test/loss"' WHEN 'NaN' THEN NULL WHEN 'Infinity' THEN 9e999 WHEN '-Infinity' THEN -9e999
    WHEN '-0' THEN 0.0 ELSE test_scores ->> '$."test/loss"' END), home_study, archived_at);
