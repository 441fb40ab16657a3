package transcript

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxMappingBytes bounds a mapping file, which people write.
const maxMappingBytes = 1 << 20

// Mapping says how the columns of a CSV file become a session. Columns that it
// does not name are still found by their usual names.
type Mapping struct {
	// Delimiter between cells; "" is recognised.
	Delimiter string `yaml:"delimiter"`
	// Columns gives a field to a column's name: one of the fields of a session
	// ("agent.id"), "metadata.KEY" for a key of its metadata, or "-" to drop it.
	Columns map[string]string `yaml:"columns"`
	// Speakers gives a speaker to the values of the speaker's column.
	Speakers map[string]Speaker `yaml:"speakers"`
	// Time says how times are written.
	Time TimeMapping `yaml:"time"`
	// Constants give a value to fields that have no column, or an empty cell.
	Constants map[string]string `yaml:"constants"`
}

// TimeMapping says how the times of a file are written.
type TimeMapping struct {
	Unit   TimeUnit `yaml:"unit"`   // of plain numbers; "" is ms when whole, s with a decimal point
	Format string   `yaml:"format"` // such as yyyy-MM-dd HH:mm:ss; "" is any of the usual forms
	Zone   string   `yaml:"zone"`   // of times without one, such as Europe/Berlin; "" is the zone of the options
}

// ReadMapping reads a mapping file. All its mistakes are told in one error, with
// line, column and what is allowed.
func ReadMapping(path string) (*Mapping, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read mapping: %w", err)
	}
	if info.Size() > maxMappingBytes {
		return nil, fmt.Errorf("read mapping %q: %d bytes, more than %d", path, info.Size(), maxMappingBytes)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read mapping: %w", err)
	}
	return ParseMapping(path, b)
}

// ParseMapping parses a mapping; name stands for the file in errors.
func ParseMapping(name string, b []byte) (*Mapping, error) {
	file, err := parser.ParseBytes(b, 0)
	if err != nil {
		return nil, yamlError(name, err)
	}
	if bytes.ContainsAny(b, "&*") && hasAnchor(file) {
		return nil, fmt.Errorf("%s: anchors and aliases are not allowed", name)
	}
	m := new(Mapping)
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(m); err != nil && len(bytes.TrimSpace(b)) > 0 {
		return nil, yamlError(name, err)
	}
	return m, m.check(name, file)
}

// mappingKeys are the keys of a mapping file, for messages.
const mappingKeys = "delimiter, columns, speakers, time (with unit, format, zone), constants"

func yamlError(name string, err error) error {
	if e, ok := errors.AsType[yaml.Error](err); ok && e.GetToken() != nil {
		at := e.GetToken().Position
		message := e.GetMessage()
		if strings.HasPrefix(message, "unknown field") {
			message += "; allowed: " + mappingKeys
		}
		return fmt.Errorf("%s:%d:%d: %s", name, at.Line, at.Column, message)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// hasAnchor looks for anchors, which can make a small file large.
func hasAnchor(file *ast.File) bool {
	found := false
	for _, doc := range file.Docs {
		ast.Walk(visitor(func(n ast.Node) {
			switch n.Type() {
			case ast.AnchorType, ast.AliasType:
				found = true
			}
		}), doc)
	}
	return found
}

type visitor func(ast.Node)

// Visit implements ast.Visitor.
func (v visitor) Visit(n ast.Node) ast.Visitor {
	v(n)
	return v
}

// check returns all mistakes that the types do not forbid.
func (m *Mapping) check(name string, file *ast.File) error {
	var all []error
	wrong := func(section, key, reason, allowed string) {
		all = append(all, fmt.Errorf("%s%s: %s: %s; allowed: %s", name, lineOf(file, section, key), path(section, key), reason, allowed))
	}
	if len(m.Delimiter) > 1 || strings.ContainsAny(m.Delimiter, "\"\r\n") || m.Delimiter >= "\x80" {
		wrong("delimiter", "", fmt.Sprintf("%q", m.Delimiter), "one ASCII character such as , ; or a tab")
	}
	for _, column := range slices.Sorted(maps.Keys(m.Columns)) {
		if target := m.Columns[column]; target != "-" && !isMetadata(target) && !isField(target) {
			wrong("columns", column, fmt.Sprintf("unknown field %q", target), join(fields())+", metadata.KEY, -")
		}
	}
	for _, value := range slices.Sorted(maps.Keys(m.Speakers)) {
		if s := m.Speakers[value]; !slices.Contains(Speakers, s) {
			wrong("speakers", value, fmt.Sprintf("unknown speaker %q", s), join(Speakers))
		}
	}
	for _, target := range slices.Sorted(maps.Keys(m.Constants)) {
		if !isMetadata(target) && (!isField(target) || perTurn(field(target))) {
			wrong("constants", target, "unknown field of a session", join(slices.DeleteFunc(fields(), perTurn))+", metadata.KEY")
		}
	}
	if m.Time.Unit != "" && !slices.Contains(TimeUnits, m.Time.Unit) {
		wrong("time", "unit", fmt.Sprintf("unknown unit %q", m.Time.Unit), join(TimeUnits))
	}
	if _, err := m.zone(nil); err != nil {
		wrong("time", "zone", fmt.Sprintf("unknown zone %q", m.Time.Zone), "names of the IANA database such as Asia/Shanghai")
	}
	return errors.Join(all...)
}

// lineOf returns where a key stands, as ":line:column", or "" when that is unknown.
func lineOf(file *ast.File, section, key string) string {
	for _, doc := range file.Docs {
		for _, one := range pairs(doc.Body) {
			if one.Key.GetToken().Value != section {
				continue
			}
			at := one.Key.GetToken().Position
			for _, inner := range pairs(one.Value) {
				if inner.Key.GetToken().Value == key {
					at = inner.Key.GetToken().Position
				}
			}
			return fmt.Sprintf(":%d:%d", at.Line, at.Column)
		}
	}
	return ""
}

func pairs(n ast.Node) []*ast.MappingValueNode {
	if m, ok := n.(*ast.MappingNode); ok {
		return m.Values
	}
	if one, ok := n.(*ast.MappingValueNode); ok {
		return []*ast.MappingValueNode{one}
	}
	return nil
}

func path(section, key string) string {
	if key == "" {
		return section
	}
	return section + "." + key
}

func isField(name string) bool {
	_, ok := columns[field(name)]
	return ok
}

func isMetadata(name string) bool {
	key, ok := strings.CutPrefix(name, "metadata.")
	return ok && key != ""
}

// perTurn reports whether a field differs from turn to turn, or names the session.
func perTurn(f field) bool {
	switch f {
	case fieldID, fieldText, fieldStart, fieldEnd, fieldAt, fieldOrder, fieldLoudness:
		return true
	}
	return false
}

// zone is the mapping's time zone, or other when it names none.
func (m *Mapping) zone(other *time.Location) (*time.Location, error) {
	if m == nil || m.Time.Zone == "" {
		return other, nil
	}
	if m.Time.Zone == shanghai.String() {
		return shanghai, nil
	}
	return time.LoadLocation(m.Time.Zone)
}

// goLayout turns yyyy-MM-dd HH:mm:ss into Go's form; Go's own form stays.
func goLayout(format string) string {
	if strings.Contains(format, "2006") {
		return format
	}
	return strings.NewReplacer("yyyy", "2006", "YYYY", "2006", "yy", "06", "MM", "01", "dd", "02", "DD", "02", "HH", "15", "hh", "03",
		"mm", "04", "ss", "05", "SSS", "000", "M", "1", "d", "2", "H", "15", "a", "PM", "'T'", "T", "XXX", "Z07:00").Replace(format)
}
