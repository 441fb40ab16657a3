DROP TABLE watched_files;
DROP TABLE rejects;
DROP TABLE transcripts;
DROP TABLE sessions;
