DROP TABLE workers;
DROP TABLE failures;
DROP TABLE flags;
DROP TABLE findings;
DROP TABLE verdicts;
DROP TABLE scorecards;
