// Package cluster runs a private PostgreSQL server in a folder, for use on one machine without an account, a password
// or a network port.
//
// [Start] finds the PostgreSQL programs that are installed, creates the folder's data on first use, starts the server as
// a child process that listens on a unix socket only, and returns a [Server] whose URL pgx understands. A folder looks
// like this:
//
//	data/          the PostgreSQL data folder; made under another name and renamed when complete
//	run/           the socket; only the server's user may enter, which is why connections need no password
//	lock           held with flock by the owning process; the kernel drops it however that process ends
//	postgres.log   the server's own messages
//
// One process owns the server; others that start on the same folder attach to it and lose it when the owner ends. When
// the owner is killed, Linux tells the server to shut down; on other systems the next owner shuts the orphan down before
// it starts its own. Nothing here ever deletes data.
//
// PostgreSQL refuses to run as root, so root starts it as another user: the owner of existing data, else the first of
// postgres, _postgres and nobody that exists. That user must be able to enter the folder.
//
// Linux and macOS are supported.
package cluster
