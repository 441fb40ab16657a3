DROP TABLE left_out;
DROP TABLE plan_publications;
DROP TABLE plans;
