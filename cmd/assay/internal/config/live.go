package config

import (
	"fmt"
	"time"
)

// Live says how sessions that still run are kept.
type Live struct {
	Idle        time.Duration `name:"live-idle" env:"ASSAY_LIVE_IDLE" default:"30m" help:"A running session is ended when no turn came in for this long."`
	Keep        time.Duration `name:"live-keep" env:"ASSAY_LIVE_KEEP" default:"24h" help:"For this long after a running session has ended, readers are told what they missed of it."`
	Streams     int           `name:"live-streams" env:"ASSAY_LIVE_STREAMS" default:"5000" help:"Streams of running sessions that one process keeps open at once; beyond it is answered 503."`
	StreamsEach int           `name:"live-streams-each" env:"ASSAY_LIVE_STREAMS_EACH" default:"20" help:"Of them for one reader, for one token (or the agent for whom it asks), or for one address where nothing says who reads; beyond it is answered 429."`
}

// Check refuses times and limits that are none.
func (l Live) Check() error {
	if l.Idle < time.Second || l.Keep < time.Second {
		return fmt.Errorf("--live-idle, --live-keep: %s and %s; allowed: 1s or more", l.Idle, l.Keep)
	}
	if l.Streams < 1 || l.StreamsEach < 1 {
		return fmt.Errorf("--live-streams, --live-streams-each: %d and %d; allowed: 1 or more", l.Streams, l.StreamsEach)
	}
	return nil
}
