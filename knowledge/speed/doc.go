// Package speed makes libraries of any size whose words are as frequent and as
// rare as those of real ones, with questions whose answers are known, and
// measures what searching them costs.
package speed
