DROP TABLE solution_vectors;
