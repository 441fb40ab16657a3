DROP FUNCTION solution_said_since(text, integer);
DROP INDEX solutions_region;
DROP TABLE pins;
DROP TABLE feedback_counts;
DROP TABLE feedback;
DROP TABLE suggestion_uses;
DROP TABLE asks;
