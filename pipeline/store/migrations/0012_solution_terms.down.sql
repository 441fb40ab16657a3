DROP TABLE solution_terms;
