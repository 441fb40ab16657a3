package config

import (
	"fmt"
	"time"
)

// Live says how sessions that still run are kept.
type Live struct {
	Idle time.Duration `name:"live-idle" env:"ASSAY_LIVE_IDLE" default:"30m" help:"A running session is ended when no turn came in for this long."`
	Keep time.Duration `name:"live-keep" env:"ASSAY_LIVE_KEEP" default:"24h" help:"For this long after a running session has ended, readers are told what they missed of it."`
}

// Check refuses times that are none.
func (l Live) Check() error {
	if l.Idle < time.Second || l.Keep < time.Second {
		return fmt.Errorf("--live-idle, --live-keep: %s and %s; allowed: 1s or more", l.Idle, l.Keep)
	}
	return nil
}
