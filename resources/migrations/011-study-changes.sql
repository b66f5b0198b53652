-- How often anything changed that a study's conclusions may rest on: its runs' states and scores, its plan, its seal, what
-- stands beside it. What was concluded holds while the number stays, whatever other studies do; points, which train by the
-- second, and what people write to runs change nothing.
CREATE TABLE study_changes (
  study INTEGER PRIMARY KEY REFERENCES studies ON DELETE CASCADE,
  changes INTEGER NOT NULL
) STRICT;
INSERT INTO study_changes SELECT study, 0 FROM studies;

CREATE TRIGGER study_changes_begun AFTER INSERT ON studies BEGIN
  INSERT INTO study_changes VALUES (new.study, 0);
END;

CREATE TRIGGER study_changed AFTER UPDATE ON studies BEGIN
  UPDATE study_changes SET changes = changes + 1 WHERE study = new.study;
END;

CREATE TRIGGER study_changed_by_run AFTER UPDATE OF
  state, best_step, parameters_trained, parameters_total, step_flops, scores, test_scores, reason, environment, started_at, finished_at
  ON runs BEGIN
  UPDATE study_changes SET changes = changes + 1 WHERE study IN (SELECT study FROM study_runs WHERE run = new.run);
END;

CREATE TRIGGER study_changed_by_run_added AFTER INSERT ON study_runs BEGIN
  UPDATE study_changes SET changes = changes + 1 WHERE study = new.study;
END;

CREATE TRIGGER study_changed_by_run_moved AFTER UPDATE ON study_runs BEGIN
  UPDATE study_changes SET changes = changes + 1 WHERE study = new.study;
END;

CREATE TRIGGER study_changed_by_run_left AFTER DELETE ON study_runs BEGIN
  UPDATE study_changes SET changes = changes + 1 WHERE study = old.study;
END;

CREATE TRIGGER study_changed_by_event AFTER INSERT ON events WHEN new.study IS NOT NULL BEGIN
  UPDATE study_changes SET changes = changes + 1 WHERE study = (SELECT study FROM studies WHERE name = new.study);
END;

CREATE TRIGGER study_changed_by_number_added AFTER INSERT ON published_cells BEGIN
  UPDATE study_changes SET changes = changes + 1 WHERE study = new.study;
END;

CREATE TRIGGER study_changed_by_number AFTER UPDATE ON published_cells BEGIN
  UPDATE study_changes SET changes = changes + 1 WHERE study = new.study;
END;

CREATE TRIGGER study_changed_by_number_left AFTER DELETE ON published_cells BEGIN
  UPDATE study_changes SET changes = changes + 1 WHERE study = old.study;
END;
