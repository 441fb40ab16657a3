DROP TABLE solutions;
DROP SEQUENCE solutions_seq;
