package cluster

import (
	"maps"
	"slices"
)

// arguments are sorted, so that the same options give the same command line.
func (s *Server) arguments() []string {
	settings := defaults()
	maps.Copy(settings, s.opt.Settings)
	settings["listen_addresses"] = ""
	settings["unix_socket_directories"] = s.socket
	settings["unix_socket_permissions"] = "0700"
	settings["port"] = port
	args := []string{"-D", s.data()}
	var rest []string
	for name, value := range settings {
		rest = append(rest, "--"+name+"="+value)
	}
	slices.Sort(rest)
	return append(args, rest...)
}

// defaults suit one program on one machine: no replication, few checkpoints, durable commits.
func defaults() map[string]string {
	return map[string]string{
		"max_connections":    "60",
		"shared_buffers":     "128MB",
		"wal_level":          "minimal",
		"max_wal_senders":    "0",
		"max_wal_size":       "512MB",
		"checkpoint_timeout": "15min",
		"autovacuum_naptime": "30s",
		"jit":                "off", // costs more than it saves on short queries
		"timezone":           "UTC",
		"log_timezone":       "UTC",
		"logging_collector":  "off",
		"log_min_messages":   "warning",
	}
}
