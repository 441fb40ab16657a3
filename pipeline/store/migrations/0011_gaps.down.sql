DROP TABLE questions;
DROP TABLE gaps;
