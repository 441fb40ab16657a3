DROP TABLE live_events;
DROP TABLE live_turns;
DROP TABLE live_sessions;
