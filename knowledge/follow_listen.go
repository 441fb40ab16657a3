package knowledge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// rebuildCall is the notification that asks for new indexes; others say nothing.
	rebuildCall = "rebuild"
	// listenCheck is how long a silent connection is believed to be alive.
	listenCheck = 30 * time.Second
	// listenTimeout bounds connecting and the check of a silent connection.
	listenTimeout = 10 * time.Second
)

// listen calls heard whenever solutions may have changed, until ctx ends: after
// each notification, and after each connecting, since what was sent meanwhile is
// lost. It has a connection of its own, and connects again when that breaks.
// Behind a pooler that hands connections round, nothing may arrive; then
// followers see changes when they poll.
func (l *Library) listen(ctx context.Context, log *slog.Logger, heard func(said string)) error {
	wait := backoff{first: time.Second, most: 30 * time.Second}
	for {
		err := l.listenOnce(ctx, func(said string) {
			if wait.failures > 0 {
				log.InfoContext(ctx, "listening for changed solutions again")
			}
			wait.succeeded()
			heard(said)
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if wait.failures == 0 {
			log.WarnContext(ctx, "not listening for changed solutions, polling goes on", "error", err)
		}
		if err := wait.fail(ctx); err != nil {
			return err
		}
	}
}

// listenOnce listens until the connection breaks.
func (l *Library) listenOnce(ctx context.Context, heard func(said string)) (err error) {
	starting, cancel := context.WithTimeout(ctx, listenTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(starting, l.pool.Config().ConnConfig.Copy())
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		err = errors.Join(err, conn.Close(closing))
	}()
	if _, err := conn.Exec(starting, `LISTEN `+changeChannel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	for said := ""; ; {
		heard(said)
		if said, err = awaitNotification(ctx, conn); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
}

// awaitNotification returns what one said when it came. A connection whose other end is gone
// is silent as well, so it is asked from time to time.
func awaitNotification(ctx context.Context, conn *pgx.Conn) (string, error) {
	for {
		waiting, cancel := context.WithTimeout(ctx, listenCheck)
		n, err := conn.WaitForNotification(waiting)
		cancel()
		if err == nil {
			return n.Payload, nil
		}
		if ctx.Err() != nil || !pgconn.Timeout(err) {
			return "", err
		}
		asking, cancel := context.WithTimeout(ctx, listenTimeout)
		err = conn.Ping(asking)
		cancel()
		if err != nil {
			return "", err
		}
	}
}

// AskRebuild has all processes that follow the library build their indexes anew.
func (l *Library) AskRebuild(ctx context.Context) error {
	if _, err := l.pool.Exec(ctx, `SELECT pg_notify($1, $2)`, changeChannel, rebuildCall); err != nil {
		return fmt.Errorf("ask for new indexes: %w", err)
	}
	return nil
}

// backoff spaces tries that fail: each wait is twice the one before.
type backoff struct {
	first, most time.Duration
	failures    int
}

// next is how long to wait after another failure.
func (b *backoff) next() time.Duration {
	wait := b.first << min(b.failures, 20)
	b.failures++
	return min(wait, b.most)
}

func (b *backoff) succeeded() { b.failures = 0 }

// fail waits after a failure, or until ctx ends, whose error it returns then.
func (b *backoff) fail(ctx context.Context) error {
	timer := time.NewTimer(b.next())
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
