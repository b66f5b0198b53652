-- Runs are counted by state out of the index alone, with what every list asks besides (008-list-indexes.sql).
DROP INDEX runs_by_state;
CREATE INDEX runs_by_state ON runs (state, home_study, archived_at);
