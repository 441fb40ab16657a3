package linear

import "math"

// Curve turns a score into a confidence: 1 / (1 + e^(−Slope·score − Offset)).
type Curve struct {
	Slope  float64 `json:"slope"`
	Offset float64 `json:"offset"`
}

// At is the confidence of a score, in (0, 1).
func (c Curve) At(score float64) float64 { return 1 / (1 + math.Exp(-c.Slope*score-c.Offset)) }

// Scored is the score of an example that the weights were not learned from.
type Scored struct {
	Score float64
	Is    bool
	Cost  float64
}

// Calibrate fits the curve to scores: Platt's method with his correction of the
// targets, by Newton's (Lin, Lin and Weng 2007). Without examples of both
// kinds the curve is 0 everywhere that matters.
func Calibrate(scored []Scored) Curve {
	var in, out float64
	for _, s := range scored {
		if s.Is {
			in += s.Cost
		} else {
			out += s.Cost
		}
	}
	if in == 0 || out == 0 {
		return Curve{Slope: 0, Offset: -hopeless}
	}
	high, low := (in+1)/(in+2), 1/(out+2)
	c := Curve{Slope: 1, Offset: math.Log((in + 1) / (out + 1))}
	loss := c.loss(scored, high, low)
	for range mostSteps {
		step, size := c.newton(scored, high, low)
		next, better := c.toward(step, loss, func(c Curve) float64 { return c.loss(scored, high, low) })
		c, loss = next, better
		if size < 1e-9 {
			break
		}
	}
	return c
}

const (
	hopeless  = 20
	mostSteps = 100
)

// toward goes along step, by half as far until the loss is no larger.
func (c Curve) toward(step Curve, loss float64, of func(Curve) float64) (Curve, float64) {
	for share := 1.0; share > 1e-6; share /= 2 {
		next := Curve{c.Slope + float64(share*step.Slope), c.Offset + float64(share*step.Offset)}
		if l := of(next); l <= loss {
			return next, l
		}
	}
	return c, loss
}

func (c Curve) loss(scored []Scored, high, low float64) float64 {
	sum := 0.0
	for _, s := range scored {
		target := low
		if s.Is {
			target = high
		}
		z := float64(c.Slope*s.Score) + c.Offset
		sum += float64(s.Cost * (math.Log1p(math.Exp(-math.Abs(z))) + max(z, 0) - float64(target*z)))
	}
	return sum
}

// newton is the step to the minimum of the parabola that touches the loss, and its size.
func (c Curve) newton(scored []Scored, high, low float64) (Curve, float64) {
	var ga, gb float64
	haa, hab, hbb := 1e-9, 0.0, 1e-9
	for _, s := range scored {
		target := low
		if s.Is {
			target = high
		}
		p := c.At(s.Score)
		d, h := s.Cost*(p-target), s.Cost*p*(1-p)
		ga += float64(d * s.Score)
		gb += d
		haa += float64(h * s.Score * s.Score)
		hab += float64(h * s.Score)
		hbb += h
	}
	det := float64(haa*hbb) - float64(hab*hab)
	step := Curve{-(float64(hbb*ga) - float64(hab*gb)) / det, -(float64(haa*gb) - float64(hab*ga)) / det}
	return step, math.Abs(float64(ga*step.Slope) + float64(gb*step.Offset))
}
