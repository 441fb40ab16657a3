package knowledge

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
)

const (
	// vectorLock is the advisory lock of the process that embeds solutions.
	vectorLock = 0x617373_76656374
	// vectorsUnused is for how many days vectors are kept that nobody uses.
	vectorsUnused = 14
	// forgetVectors is how many are removed in one statement.
	forgetVectors = 5_000
)

func hashesOf(texts []string) []textHash {
	out := make([]textHash, len(texts))
	for i, t := range texts {
		out[i] = sha256.Sum256([]byte(t))
	}
	return out
}

// rawHashes are hashes as PostgreSQL takes them; never nil.
func rawHashes(all []textHash) [][]byte {
	out := make([][]byte, len(all))
	for i := range all {
		out[i] = all[i][:]
	}
	return out
}

// readVectors returns the vectors of texts by a version of the model, as far as
// they are kept.
func (l *Library) readVectors(ctx context.Context, version string, texts []textHash) (map[textHash][]float32, error) {
	rows, err := l.pool.Query(ctx, `
		SELECT hash, vector
		FROM solution_vectors
		WHERE version = $1 AND hash = ANY ($2)`, version, rawHashes(texts))
	if err != nil {
		return nil, fmt.Errorf("read vectors: %w", err)
	}
	out := map[textHash][]float32{}
	var hash, raw []byte
	_, err = pgx.ForEachRow(rows, []any{&hash, &raw}, func() error {
		if len(hash) == sha256.Size && len(raw)%4 == 0 {
			out[textHash(hash)] = decodeVector(raw)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read vectors: %w", err)
	}
	return out, nil
}

// touchVectors notes that vectors are in use, once a day.
func (l *Library) touchVectors(ctx context.Context, version string, texts []textHash) error {
	_, err := l.pool.Exec(ctx, `
		UPDATE solution_vectors
		SET used_at = now()
		WHERE version = $1 AND hash = ANY ($2) AND used_at < now() - interval '12 hours'`, version, rawHashes(texts))
	if err != nil {
		return fmt.Errorf("note use of vectors: %w", err)
	}
	return nil
}

// writeVectors keeps the vectors of texts.
func (l *Library) writeVectors(ctx context.Context, version string, texts []textHash, vectors [][]float32) error {
	raw := make([][]byte, len(vectors))
	for i, v := range vectors {
		raw[i] = encodeVector(v)
	}
	_, err := l.pool.Exec(ctx, `
		INSERT INTO solution_vectors (version, hash, vector)
		SELECT $1, u.hash, u.vector
		FROM unnest($2::bytea[], $3::bytea[]) AS u (hash, vector)
		ON CONFLICT (version, hash) DO UPDATE SET
			vector = excluded.vector, used_at = now()`, version, rawHashes(texts), raw)
	if err != nil {
		return fmt.Errorf("keep %d vectors: %w", len(vectors), err)
	}
	return nil
}

// forgetVectors removes vectors that nobody has used for long, those of models
// that are no longer configured among them.
func (l *Library) forgetVectors(ctx context.Context) error {
	for {
		tag, err := l.pool.Exec(ctx, `
			DELETE FROM solution_vectors
			WHERE (version, hash) IN (
				SELECT version, hash
				FROM solution_vectors
				WHERE used_at < now() - make_interval(days => $1)
				LIMIT $2
			)`, vectorsUnused, forgetVectors)
		if err != nil {
			return fmt.Errorf("forget vectors: %w", err)
		}
		if tag.RowsAffected() < forgetVectors {
			return nil
		}
	}
}

func encodeVector(v []float32) []byte {
	out := make([]byte, 0, 4*len(v))
	for _, x := range v {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
	}
	return out
}

func decodeVector(raw []byte) []float32 {
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}
