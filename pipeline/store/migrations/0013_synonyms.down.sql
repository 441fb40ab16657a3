DROP TABLE solution_synonyms;
