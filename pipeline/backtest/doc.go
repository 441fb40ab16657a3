// Package backtest is the arithmetic of comparing two scorecards over the same
// sessions: what each criterion answers by one and by the other, what that does
// to scores, results and flags, by day and by team, and a random sample of the
// sessions on which they differ.
//
// A Tally counts sessions one at a time. Tallies of parts merge into the tally
// of the whole, whatever the order, so that sessions can be judged in parallel
// and a run that was interrupted can go on. All sums are of whole numbers:
// equal sessions give equal tallies, to the last byte.
package backtest
