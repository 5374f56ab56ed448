-- Whoever reads a decision in the store writes to the row what it says (services/batch/follow-decision.ts): the ingestion API for a
-- rejection, the worker for a discard.
grant update (row_count, error_count, first_errors, last_line_ended, checked_under) on batches to batch_intake;
grant insert on dead_letter_actions to batch_writer;
