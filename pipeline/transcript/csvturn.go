package transcript

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// columnValues are the different values of one column within a session, in order.
type columnValues []string

func (c *columnValues) add(value string) {
	if value == "" || len(*c) > 0 && (*c)[len(*c)-1] == value || slices.Contains(*c, value) {
		return
	}
	*c = append(*c, value)
}

// turn makes a turn of a good row, and notes what the row says of the session.
func (r *csvReader) turn(row row) {
	t := Turn{Text: row.cells[r.places[fieldText]], Speaker: r.speaker(row)}
	if cell := r.cell(row, fieldKind); cell != "" {
		t.Kind = Kind(valueOf(fieldKind, cell))
		if !slices.Contains(Kinds, t.Kind) {
			r.d.wrong(row.line, r.name(fieldKind), unknown("kind", cell), join(Kinds))
			t.Kind = ""
		}
	}
	if t.Speaker == Agent {
		t.Agent = r.agent(row)
	}
	if cell := r.cell(row, fieldLoudness); cell != "" {
		level, err := strconv.Atoi(cell)
		if t.Loudness = level; err != nil || level < 1 || level > 10 {
			r.d.wrong(row.line, r.name(fieldLoudness), fmt.Sprintf("%q is no level of loudness", clip(cell)), "1 to 10")
			t.Loudness = 0
		}
	}
	r.d.s.Turns = append(r.d.s.Turns, t)
	r.timing = append(r.timing, timing{r.time(row, fieldStart), r.time(row, fieldEnd), r.time(row, fieldAt)})
	for _, i := range r.others {
		r.values[i].add(row.cells[i])
	}
	for f, i := range r.places {
		if !perTurn(f) && f != fieldSpeaker && f != fieldKind {
			r.values[i].add(strings.TrimSpace(row.cells[i]))
		}
	}
}

func (r *csvReader) cell(row row, f field) string {
	if i, ok := r.places[f]; ok {
		return strings.TrimSpace(row.cells[i])
	}
	return r.constant(f)
}

// agent is whom the row names, by one column for the whole file: a name in one
// row and an id in the next would be two agents.
func (r *csvReader) agent(row row) string {
	if r.has(fieldAgentID) {
		return r.cell(row, fieldAgentID)
	}
	return r.cell(row, fieldAgentName)
}

func (r *csvReader) speaker(row row) Speaker {
	cell := r.cell(row, fieldSpeaker)
	if len(r.speakers) > 0 {
		if s, ok := r.speakers[plain(cell)]; ok {
			return s
		}
	}
	s, ok := SpeakerOf(cell)
	if !ok {
		allowed := allowedSpeakers
		if len(r.speakers) > 0 {
			allowed += ", and those of the mapping"
		}
		r.d.wrong(row.line, r.name(fieldSpeaker), unknown("speaker", cell), allowed)
		return System
	}
	return s
}

func (r *csvReader) time(row row, f field) *moment {
	cell := r.cell(row, f)
	if cell == "" {
		return nil
	}
	reader := r.times
	if reader.unit == "" {
		reader.unit = r.units[f]
	}
	m, ok := reader.read(cell)
	if !ok {
		r.d.wrong(row.line, r.name(f), fmt.Sprintf("%q is no time", clip(cell)), r.allowedTimes())
		return nil
	}
	return &m
}

func (r *csvReader) allowedTimes() string {
	if r.times.layout != "" {
		return r.in.o.Mapping.Time.Format
	}
	return allowedTimes
}

// setSession fills the session from its columns. Of a column with several values
// the first one fills the field, and all of them stand in the metadata.
func (r *csvReader) setSession(d *draft) {
	s := &d.s
	s.Metadata = r.metadata()
	s.Channel = Channel(r.word(d, fieldChannel, join(Channels)))
	s.Language = valueOf(fieldLanguage, r.value(fieldLanguage))
	s.BusinessType = valueOf(fieldBusinessType, r.value(fieldBusinessType))
	s.Urgency = r.word(d, fieldUrgency, join(Urgencies))
	r.setParties(d)
	if v := r.value(fieldCSAT); v != "" {
		rating, ok := ratingOf(v)
		if !ok {
			d.wrong(d.line, r.name(fieldCSAT), fmt.Sprintf("%q is no rating", clip(v)), ratings)
		}
		s.CSAT = rating
	}
	r.setDuration(d)
	if v := r.value(fieldStartedAt); v != "" {
		m, ok := r.times.read(v)
		if !ok || m.at.IsZero() {
			d.wrong(d.line, r.name(fieldStartedAt), fmt.Sprintf("%q is no date and time", clip(v)), "2025-03-01 09:30:00 and similar")
		}
		s.StartedAt = m.at
	}
}

// setDuration reads a length of time, written as the times of turns are.
func (r *csvReader) setDuration(d *draft) {
	v := r.value(fieldDuration)
	if v == "" {
		return
	}
	times := r.times
	times.unit, times.layout = cmp.Or(times.unit, r.units[fieldDuration]), ""
	m, ok := times.read(v)
	if !ok || !m.at.IsZero() {
		d.wrong(d.line, r.name(fieldDuration), fmt.Sprintf("%q is no length of time", clip(v)), "mm:ss, hh:mm:ss, a number of ms or s")
		return
	}
	d.s.DurationMS = new(m.offset.Milliseconds())
}

func (r *csvReader) metadata() map[string]any {
	m := map[string]any{}
	for _, i := range r.others {
		if v := r.values[i]; len(v) == 1 {
			m[r.names[i]] = v[0]
		} else if len(v) > 1 {
			m[r.names[i]] = v.list()
		}
	}
	for _, i := range r.places {
		if v := r.values[i]; len(v) > 1 {
			m[r.names[i]] = v.list()
		}
	}
	if r.in.o.Mapping != nil {
		for target, v := range r.in.o.Mapping.Constants {
			if key, ok := strings.CutPrefix(target, "metadata."); ok && m[key] == nil {
				m[key] = v
			}
		}
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

func (c columnValues) list() []any {
	all := make([]any, len(c))
	for i, v := range c {
		all[i] = v
	}
	return all
}

// value is the session's first value of a field, else its constant.
func (r *csvReader) value(f field) string {
	if i, ok := r.places[f]; ok && len(r.values[i]) > 0 {
		return r.values[i][0]
	}
	return r.constant(f)
}

// word is the canonical word of a field with a closed list, "" when there is none.
func (r *csvReader) word(d *draft, f field, allowed string) string {
	cell := r.value(f)
	v := valueOf(f, cell)
	if v != "" && !slices.Contains(strings.Split(allowed, ", "), v) {
		d.wrong(d.line, r.name(f), unknown(strings.ReplaceAll(string(f), ".", " "), cell), allowed)
		return ""
	}
	return v
}

func (r *csvReader) setParties(d *draft) {
	agent := AgentRef{ID: r.value(fieldAgentID), Name: r.value(fieldAgentName), Team: r.value(fieldAgentTeam)}
	if agent.ID == "" {
		agent.ID = agent.Name
	}
	if agent != (AgentRef{}) {
		d.s.Agent = &agent
	}
	customer := CustomerRef{ID: r.value(fieldCustomerID), Type: r.word(d, fieldCustomerType, join(CustomerTypes))}
	if customer != (CustomerRef{}) {
		d.s.Customer = &customer
	}
}
