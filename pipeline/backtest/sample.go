package backtest

import (
	"cmp"
	"slices"
)

// Bucket is a way in which two scorecards differ about a criterion.
type Bucket string

// The buckets. OnlyNew sessions are not met by the new scorecard alone, OnlyOld
// ones by the old one alone; Other are all other changes of outcome.
const (
	OnlyNew Bucket = "only_new"
	OnlyOld Bucket = "only_old"
	Other   Bucket = "other"
)

// Buckets lists the buckets.
var Buckets = []Bucket{OnlyNew, OnlyOld, Other}

const buckets = 3

// SampleSize is how many sessions of a bucket are kept for people to label.
const SampleSize = 30

// Sample is a session on which the scorecards differ about a criterion.
type Sample struct {
	Order      uint64  `json:"order"` // random: the least are kept
	Session    int64   `json:"session"`
	Transcript int64   `json:"transcript"`
	Scorecard  int64   `json:"scorecard"` // as in Observation
	Old        Outcome `json:"old"`
	New        Outcome `json:"new"`
}

func bucketOf(old, new Outcome) int {
	switch {
	case new == NotMet:
		return 0
	case old == NotMet:
		return 1
	}
	return 2
}

// sample keeps the sessions of the least order: a random sample of all that were
// offered, the same in whatever order and in how many parts they came.
// What the new scorecard does not ask cannot be right or wrong; where the old one
// did not ask, only what the new one does not find met tells anything.
func (r *Row) sample(s Sample) {
	bucket := bucketOf(s.Old, s.New)
	if s.New == NotAsked || Buckets[bucket] == Other && s.Old == NotAsked {
		return
	}
	kept := &r.Samples[bucket]
	if len(*kept) == SampleSize && s.Order >= (*kept)[SampleSize-1].Order {
		return
	}
	at, found := slices.BinarySearchFunc(*kept, s, func(a, b Sample) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Session, b.Session))
	})
	if found {
		return
	}
	*kept = slices.Insert(*kept, at, s)
	*kept = (*kept)[:min(len(*kept), SampleSize)]
}

// mix spreads the bits of a number (the finaliser of SplitMix64, Steele, Lea and
// Flood 2014): equal numbers, and only they, give equal ones.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hash is of a criterion's name (FNV-1a), so that its sample does not depend on
// its place.
func hash(name string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return h
}
