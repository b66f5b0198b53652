-- What training cost: floating-point operations of one step of one run (matrix products, forward and backward). Null: not
-- recorded, as for runs of an earlier version and for runs that another program trained.
ALTER TABLE runs ADD COLUMN step_flops INTEGER;
