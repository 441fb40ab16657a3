DROP TABLE library_check_changes;
DROP TABLE library_checks;
DROP TABLE questions;
DROP TABLE gaps;
