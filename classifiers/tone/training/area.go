package training

import (
	"math"
	"slices"

	"assay/classifiers/tone/linear"
	"assay/pipeline/review"
)

// areaUnderCurve is the chance that an example of the class has a higher score
// than another one, equal scores counting half, with the interval of Hanley
// and McNeil (1982). It has no value without examples of both kinds.
func areaUnderCurve(scored []linear.Scored) review.Estimate {
	slices.SortStableFunc(scored, func(a, b linear.Scored) int {
		switch {
		case a.Score < b.Score:
			return -1
		case a.Score > b.Score:
			return 1
		}
		return 0
	})
	var in, out, sum float64
	for i := 0; i < len(scored); {
		j, is := i, 0.0
		for j < len(scored) && scored[j].Score == scored[i].Score {
			if scored[j].Is {
				is++
			}
			j++
		}
		not := float64(j-i) - is
		sum += is*out + is*not/2
		in += is
		out += not
		i = j
	}
	if in == 0 || out == 0 {
		return review.Estimate{}
	}
	a := sum / (in * out)
	q1, q2 := a/(2-a), 2*a*a/(1+a)
	half := 1.96 * math.Sqrt((a*(1-a)+(in-1)*(q1-a*a)+(out-1)*(q2-a*a))/(in*out))
	return review.Estimate{Value: new(a), Low: new(max(0, a-half)), High: new(min(1, a+half))}
}
